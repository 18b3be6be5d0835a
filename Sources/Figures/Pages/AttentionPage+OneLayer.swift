extension AttentionPage {
  /// One layer, as lines or as cells, and what is said of the place that is pointed at.
  static let oneLayer = #"""
    // One layer: tokens on both sides, and lines between them.
    const colourOf = head => data.palette[part().heads[head] % data.palette.length];
    let lines = null, panels = [];
    function makeView() {
      const { queries, keys, queryTitle } = part();
      const count = Math.max(queries.length, keys.length);
      const pitch = count <= 30 ? 24 : 18;
      lines = null;
      panels = [];
      if (state.view === "cells") { makeCells(); return; }
      const side = (name, tokens) => make("ol", {}, ...tokens.map((token, index) => {
        const button = make("button", { type: "button", className: `token ${name}`, title: token },
          make("bdi", {}, token), make("span", { className: "n" }));
        const place = { side: name, index };
        button.setAttribute("aria-label", `${name} ${index}, ${token}`);
        button.setAttribute("aria-pressed", "false");
        button.tabIndex = index === 0 && name === "query" ? 0 : -1;
        button.onpointerenter = () => { state.pointed = place; show(); };
        button.onfocus = () => { if (button.matches(":focus-visible")) { state.pointed = place; show(); } };
        button.onclick = () => {
          const isSame = state.chosen && state.chosen.side === name && state.chosen.index === index;
          state.chosen = isSame ? null : place;
          show();
          keepAddress();
        };
        return make("li", {}, button);
      }));
      const view = make("div", { className: "lines" });
      view.style.setProperty("--pitch", `${pitch}px`);
      const [left, right] = [side("query", queries), side("key", keys)];
      const canvas = make("canvas", { "aria-hidden": "true" });
      view.append(make("h3", {}, queryTitle), make("span", {}), make("h3", {}, "reads from"), left,
        make("div", {}, canvas), right);
      view.onpointerleave = () => { state.pointed = null; show(); };
      view.addEventListener("focusout", () => { state.pointed = null; show(); });
      view.onkeydown = event => {
        const button = event.target.closest(".token");
        if (!button) return;
        const isQuery = button.classList.contains("query");
        const list = isQuery ? lines.query : lines.key;
        let index = list.indexOf(button), next = null;
        switch (event.key) {
          case "ArrowDown": next = list[index + 1]; break;
          case "ArrowUp": next = list[index - 1]; break;
          case "Home": next = list[0]; break;
          case "End": next = list[list.length - 1]; break;
          case "ArrowRight": case "ArrowLeft": {
            const other = isQuery ? lines.key : lines.query;
            next = other[Math.min(index, other.length - 1)];
            break;
          }
          case "Escape": state.chosen = state.pointed = null; show(); keepAddress(); return;
          default: return;
        }
        event.preventDefault();
        if (next) { for (const each of [...lines.query, ...lines.key]) each.tabIndex = -1;
          next.tabIndex = 0; next.focus(); }
      };
      byId("view").replaceChildren(view);
      lines = { canvas, pitch, count, query: [...left.querySelectorAll("button")],
        key: [...right.querySelectorAll("button")] };
    }
    function drawView(active, target) {
      if (!lines) { panels.forEach(panel => panel.draw(active)); return; }
      const { canvas, pitch, count } = lines;
      const width = canvas.clientWidth || 200;
      canvas.style.height = `${pitch * count}px`;
      const each = state.heads.length;
      const context = (target || prepared)(canvas, width, pitch * count);
      drawLines(context, pattern(state.layer), state.heads, state.heads.map(colourOf), { left: 2, right: width - 2, y: index => (index + 0.5) * pitch,
          width: Math.max(0.7, Math.min(1.9, 0.7 * pitch / each)), spread: Math.min(2.2, 0.7 * pitch / each),
          only: active });
      if (context.finish) context.finish();
    }

    // One layer: a square of cells for each head.
    function makeCells() {
      const { queries, keys, heads, queryTitle } = part();
      const [Q, K] = [queries.length, keys.length];
      const cell = Math.max(8, Math.min(26, Math.floor(560 / Math.max(Q, K))));
      const size = Math.min(12, Math.max(8, cell - 2));
      const font = `${size}px "DejaVu Sans", system-ui, sans-serif`;
      const cut = text => text.length > 16 ? [...text].slice(0, 15).join("") + "…" : text;
      panels = state.heads.map(head => {
        const canvas = make("canvas", { tabIndex: 0, role: "img" });
        canvas.setAttribute("aria-label", `Head ${heads[head]}: ${Q} queries by ${K} keys. Arrow keys go from `
          + "cell to cell; the table below holds the row.");
        const measure = canvas.getContext("2d");
        measure.font = font;
        const widest = list => Math.max(...list.map(text => measure.measureText(cut(text)).width)) + 6;
        const [left, top] = [widest(queries), widest(keys)];
        const [width, height] = [left + K * cell + 1, top + Q * cell + 1];
        [canvas.style.width, canvas.style.height] = [`${width}px`, `${height}px`];
        let at = { query: 0, key: 0 };
        const draw = active => {
          const context = prepared(canvas, width, height), numbers = pattern(state.layer);
          context.font = font;
          context.textBaseline = "middle";
          for (let query = 0; query < Q; query += 1) {
            for (let key = 0; key < K; key += 1) {
              const number = numbers[(head * Q + query) * K + key];
              context.fillStyle = number >= state.threshold ? scaled(number) : data.scale[0];
              context.fillRect(left + key * cell, top + query * cell, cell - 0.5, cell - 0.5);
            }
          }
          context.strokeStyle = "#ddd";
          context.strokeRect(left, top, K * cell, Q * cell);
          context.fillStyle = "#222";
          context.textAlign = "right";
          queries.forEach((text, query) => context.fillText(cut(text), left - 4, top + (query + 0.5) * cell));
          context.textAlign = "left";
          keys.forEach((text, key) => {
            context.save();
            context.translate(left + (key + 0.5) * cell, top - 4);
            context.rotate(-Math.PI / 2);
            context.fillText(cut(text), 0, 0);
            context.restore();
          });
          if (active) {
            context.strokeStyle = "#c2410c";
            context.lineWidth = 2;
            if (active.side === "query") context.strokeRect(left, top + active.index * cell, K * cell, cell);
            else context.strokeRect(left + active.index * cell, top, cell, Q * cell);
          }
        };
        const tell = (query, key, x, y) => {
          at = { query, key };
          state.pointed = { side: "query", index: query };
          show();
          const number = pattern(state.layer)[(head * Q + query) * K + key];
          tip([`head ${heads[head]}: “`, make("bdi", {}, queries[query]), "” reads from “",
            make("bdi", {}, keys[key]), `”: ${fixed(number)}`], x, y);
        };
        const leave = () => { state.pointed = null; byId("tip").hidden = true; show(); };
        canvas.onpointermove = event => {
          const query = Math.floor((event.offsetY - top) / cell), key = Math.floor((event.offsetX - left) / cell);
          if (query < 0 || key >= K || query >= Q) { leave(); return; }
          if (key < 0) { byId("tip").hidden = true; state.pointed = { side: "query", index: query }; show(); return; }
          tell(query, key, event.clientX, event.clientY);
        };
        canvas.onpointerleave = leave;
        canvas.onblur = leave;
        canvas.onclick = event => {
          state.chosen = state.pointed;
          show();
          keepAddress();
        };
        canvas.onkeydown = event => {
          const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
          if (event.key === "Enter" || event.key === " ") { event.preventDefault(); canvas.onclick(event); return; }
          if (!step) return;
          event.preventDefault();
          const query = Math.max(0, Math.min(Q - 1, at.query + step[0]));
          const key = Math.max(0, Math.min(K - 1, at.key + step[1]));
          const box = canvas.getBoundingClientRect();
          tell(query, key, box.left + left + (key + 1) * cell, box.top + top + (query + 1) * cell);
        };
        const figure = make("figure", {}, make("figcaption", {}, `head ${heads[head]} (${queryTitle}, reads from)`), canvas);
        return { figure, draw };
      });
      const all = make("div", { className: "cells" }, ...panels.map(panel => panel.figure));
      // On paper labels keep six points.
      all.style.setProperty("--zoom", Math.max(0.67, 8 / size));
      const strip = make("span", { className: "strip" });
      strip.style.background = `linear-gradient(to right,${data.scale.join(",")})`;
      byId("view").replaceChildren(all, make("p", { className: "bar" }, "attention 0", strip, "1"));
    }
    function tip(content, x, y) {
      const box = byId("tip");
      box.replaceChildren(...content);
      box.hidden = false;
      box.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - box.offsetWidth - 4))}px`;
      box.style.top = `${Math.max(4, Math.min(y + 14, innerHeight - box.offsetHeight - 4))}px`;
    }

    // The numbers of one token's row, or column.
    let row = null;
    function makeRow(side) {
      const { queries, keys, heads } = part();
      const others = side === "query" ? keys : queries;
      const name = [state.part, side, state.heads.join(" ")].join("|");
      if (row && row.name === name) return;
      const hasMean = state.heads.length > 1;
      const columns = [...(hasMean ? ["mean"] : []), ...state.heads.map(head => `head ${heads[head]}`)];
      const cells = others.map(() => columns.map(() => make("td", {}, "")));
      byId("row").replaceChildren(
        make("thead", {}, make("tr", {}, make("th", { scope: "col" }, side === "query" ? "key" : "query"),
          make("th", { scope: "col" }, "token"), ...columns.map(text => make("th", { scope: "col" }, text)))),
        make("tbody", {}, ...others.map((token, index) => make("tr", {}, make("td", {}, String(index)),
          make("th", { scope: "row" }, make("bdi", {}, token)), ...cells[index]))));
      row = { name, cells, hasMean };
    }
    function paint(element, number) {
      const colour = scaled(number);
      element.style.background = colour;
      element.style.color = inks.get(colour);
    }
    function show() {
      const active = state.pointed || state.chosen;
      const name = active ? `${active.side} ${active.index}` : "";
      if (show.last === name && name) { showPressed(); return; }
      show.last = name;
      const { queries, keys, layers, heads } = part();
      const [Q, K] = [queries.length, keys.length];
      drawView(active);
      showPressed();
      if (lines) for (const button of [...lines.query, ...lines.key]) {
        if (button.lastChild.textContent) button.lastChild.textContent = "";
        if (button.style.background) button.style.background = button.style.color = "";
      }
      byId("row-section").hidden = !active;
      if (!active) { byId("row-title").textContent = "";  return; }
      makeRow(active.side);
      const isQuery = active.side === "query", others = isQuery ? keys : queries;
      const numbers = pattern(state.layer);
      let best = 0, most = -1;
      others.forEach((_, index) => {
        let sum = 0;
        state.heads.forEach((head, place) => {
          const number = numbers[(head * Q + (isQuery ? active.index : index)) * K + (isQuery ? index : active.index)];
          sum += number;
          const cell = row.cells[index][place + (row.hasMean ? 1 : 0)];
          cell.textContent = fixed(number);
          paint(cell, number);
        });
        const mean = sum / state.heads.length;
        if (mean > most) [best, most] = [index, mean];
        if (row.hasMean) {
          const cell = row.cells[index][0];
          cell.textContent = fixed(mean);
          paint(cell, mean);
        }
        if (lines && mean >= state.threshold) {
          const button = (isQuery ? lines.key : lines.query)[index];
          button.lastChild.textContent = fixed(mean);
          paint(button, mean);
        }
      });
      const token = (isQuery ? queries : keys)[active.index];
      const which = state.heads.length > 1 ? `, mean of ${state.heads.length} heads` : `, head ${heads[state.heads[0]]}`;
      byId("row-title").replaceChildren(`${isQuery ? "Query" : "Key"} ${active.index} “`, make("bdi", {}, token),
        `”, layer ${layers[state.layer]}${which}: ${isQuery ? "reads most from" : "is read most by"} “`,
        make("bdi", {}, others[best]), `” (${fixed(most)})`);
    }
    function showPressed() {
      if (!lines) return;
      for (const side of ["query", "key"]) lines[side].forEach((button, index) => {
        const isChosen = state.chosen && state.chosen.side === side && state.chosen.index === index;
        const text = String(Boolean(isChosen));
        if (button.getAttribute("aria-pressed") !== text) button.setAttribute("aria-pressed", text);
      });
    }
    function redraw() { show.last = null; row = null; show(); }
    function named() {
      const { name, layers, heads } = part();
      const list = state.heads.length === heads.length && heads.length > 1 ? "all heads"
        : `${state.heads.length > 1 ? "heads" : "head"} ${state.heads.map(head => heads[head]).join(", ")}`;
      byId("view-title").textContent = `${name}, layer ${layers[state.layer]}, ${list}`
        + (state.first ? ", without the first token" : "");
      const isLines = state.view === "lines";
      const legend = [byId("view-title").textContent + (isLines ? ": " : "")];
      if (isLines) state.heads.forEach(head => {
        const swatch = make("span", { className: "swatch" });
        swatch.style.background = colourOf(head);
        legend.push(swatch, ` ${heads[head]}  `);
      });
      byId("legend").replaceChildren(...legend);
    }
    """#
}
