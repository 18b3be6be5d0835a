extension AttentionPage {
  static let script = #"""
    const data = JSON.parse(byId("data").textContent);
    const value = new Uint8Array(128);
    [...data.letters].forEach((letter, place) => { value[letter.charCodeAt(0)] = place; });
    const base = data.letters.length;
    const powers = [1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10];
    const fixed = number => number.toFixed(4);
    const state = { part: data.parts.length - 1, layer: 0, heads: [], threshold: 0.01, first: data.first,
      view: data.view === "heatmap" ? "cells" : "lines", chosen: null, pointed: null };
    const part = () => data.parts[state.part];
    const kept = new Map();

    /// A layer's pattern, [head, query, key].
    function pattern(layer) {
      const name = `${state.part} ${layer} ${state.first}`;
      if (kept.has(name)) return kept.get(name);
      const { queries, keys, heads, causal, patterns } = part();
      const [Q, K] = [queries.length, keys.length];
      const text = patterns[layer], all = new Float32Array(heads.length * Q * K);
      let at = 0;
      for (let row = 0; row < heads.length * Q; row += 1) {
        const count = causal ? row % Q + 1 : K;
        for (let key = 0; key < count; key += 1, at += 3) {
          const code = (value[text.charCodeAt(at)] * base + value[text.charCodeAt(at + 1)]) * base
            + value[text.charCodeAt(at + 2)];
          if (code) {
            const place = Math.floor((code - 1) / 90000);
            all[row * K + key] = ((code - 1) % 90000 + 10000) * powers[place];
          }
        }
        if (state.first) {
          let left = 0;
          for (let key = 1; key < count; key += 1) left += all[row * K + key];
          all[row * K] = 0;
          if (left > 0) for (let key = 1; key < count; key += 1) all[row * K + key] /= left;
        }
      }
      kept.set(name, all);
      return all;
    }

    function scaled(number) { return data.scale[Math.round(64 * Math.min(1, Math.max(0, number)))]; }
    /// Black or white, whichever stands out more on a colour of the scale.
    const inks = new Map(data.scale.map(colour => {
      const parts = [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16) / 255)
        .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
      const light = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
      return [colour, light > 0.179 ? "#000" : "#fff"];
    }));

    /// A canvas of so many CSS pixels, as fine as the screen.
    const fineness = Math.max(2, window.devicePixelRatio || 1);
    function prepared(canvas, width, height) {
      const [w, h] = [Math.round(width * fineness), Math.round(height * fineness)];
      if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
      const context = canvas.getContext("2d");
      context.setTransform(fineness, 0, 0, fineness, 0, 0);
      context.clearRect(0, 0, width, height);
      return context;
    }

    /// What draws lines into SVG, for paper; the drawing stands behind its canvas.
    function paper(canvas, width, height) {
      const all = [];
      let path = [];
      return {
        beginPath() { path = []; },
        moveTo(x, y) { path.push(`M${x.toFixed(1)} ${y.toFixed(1)}`); },
        lineTo(x, y) { path.push(`L${x.toFixed(1)} ${y.toFixed(1)}`); },
        stroke() {
          all.push(`<path d="${path.join("")}" stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}" `
            + `stroke-opacity="${this.globalAlpha}"/>`);
        },
        finish() {
          const box = make("template");
          box.innerHTML = `<svg class="drawn" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" `
            + `fill="none">${all.join("")}</svg>`;
          canvas.after(box.content);
        },
      };
    }

    const levels = 16;
    /// Lines from queries to keys, all of one opacity in one stroke, the weakest below.
    function drawLines(context, numbers, heads, colours, { left, right, y, width, spread, only }) {
      const { queries, keys } = part();
      const [Q, K] = [queries.length, keys.length];
      const found = heads.map(() => Array.from({ length: levels + 1 }, () => []));
      heads.forEach((head, place) => {
        const from = only && only.side === "query" ? only.index : 0;
        const to = only && only.side === "query" ? from + 1 : Q;
        for (let query = from; query < to; query += 1) {
          const start = (head * Q + query) * K;
          for (let key = 0; key < K; key += 1) {
            const weight = Math.min(1, numbers[start + key]);
            if (!(weight >= state.threshold && weight > 0)) continue;
            if (only && only.side === "key" && only.index !== key) continue;
            found[place][Math.round(weight * levels)].push(query, key);
          }
        }
      });
      context.lineWidth = width;
      for (let level = 0; level <= levels; level += 1) {
        heads.forEach((head, place) => {
          const pairs = found[place][level];
          if (!pairs.length) return;
          const shift = (place - (heads.length - 1) / 2) * spread;
          context.globalAlpha = level ? level / levels : 0.4 / levels;
          context.strokeStyle = colours[place];
          context.beginPath();
          for (let at = 0; at < pairs.length; at += 2) {
            context.moveTo(left, y(pairs[at]) + shift);
            context.lineTo(right, y(pairs[at + 1]) + shift);
          }
          context.stroke();
        });
      }
      context.globalAlpha = 1;
    }

    // Every head, the size of a stamp.
    const lineColour = scaled(0.85);
    function drawStamp(canvas, layer, head, target) {
      const [width, height] = [Number(canvas.dataset.width), Number(canvas.dataset.height)];
      const context = (target || prepared)(canvas, width, height);
      const pitch = (height - 6) / Math.max(part().queries.length, part().keys.length);
      drawLines(context, pattern(layer), [head], [lineColour], { left: 3, right: width - 3,
        y: index => 3 + (index + 0.5) * pitch, width: Math.max(0.5, Math.min(1.6, pitch * 0.5)), spread: 0 });
      if (context.finish) context.finish();
    }
    let stamps = [], waiting = 0;
    /// Draws the stamps, a layer at a time between two frames, so that nothing waits for them.
    function drawStamps() {
      const turn = ++waiting;
      const draw = layer => stamps[layer].forEach(({ canvas }, head) => drawStamp(canvas, layer, head));
      let layer = 0;
      const next = () => {
        if (turn !== waiting || layer >= stamps.length) return;
        draw(layer++);
        requestAnimationFrame(next);
      };
      next();
    }
    function makeGrid() {
      const { layers, heads, queries, keys } = part();
      const width = Math.max(30, Math.min(110, Math.floor(900 / heads.length)));
      const height = Math.max(32, Math.round(Math.min(width * 1.3, 1100 / layers.length)));
      stamps = layers.map((number, layer) => heads.map((name, head) => {
        const canvas = make("canvas");
        [canvas.dataset.width, canvas.dataset.height] = [width, height];
        [canvas.style.width, canvas.style.height] = [`${width}px`, `${height}px`];
        const button = make("button", { type: "button", title: `layer ${number}, head ${name}` }, canvas);
        button.setAttribute("aria-label", `layer ${number}, head ${name}`);
        button.onclick = () => { choosePlace(layer, [head]); };
        button.onkeydown = event => {
          const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
          if (!step) return;
          event.preventDefault();
          const next = (stamps[layer + step[0]] || [])[head + step[1]];
          if (next) next.button.focus();
        };
        button.onfocus = () => stamps.forEach(row => row.forEach(stamp => {
          stamp.button.tabIndex = stamp.button === button ? 0 : -1; }));
        return { button, canvas };
      }));
      byId("grid").style.setProperty("--heads", heads.length);
      byId("grid").style.setProperty("--layers", layers.length);
      const corner = make("td", {});
      const head = make("tr", {}, corner, ...heads.map(name => make("th", { scope: "col" }, String(name))));
      const rows = stamps.map((row, layer) => make("tr", {}, make("th", { scope: "row" }, String(layers[layer])),
        ...row.map(({ button }) => make("td", {}, button))));
      byId("grid").replaceChildren(make("thead", {}, head),
        make("tbody", {}, ...rows));
      const list = (name, tokens) => {
        const line = make("p", {}, `${name}: `);
        tokens.forEach(token => line.append(make("bdi", {}, token), " "));
        return line;
      };
      byId("tokens").replaceChildren(...(queries.join("\n") === keys.join("\n") ? [list("Tokens", queries)]
        : [list("Queries", queries), list("Keys", keys)]));
      markStamps();
      drawStamps();
    }
    function markStamps() {
      stamps.forEach((row, layer) => row.forEach(({ button }, head) => {
        const isShown = layer === state.layer && state.heads.includes(head);
        button.setAttribute("aria-pressed", String(isShown));
        button.tabIndex = layer === state.layer && head === state.heads[0] ? 0 : -1;
      }));
    }

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
    """# + controls

  /// Choices, and the address that keeps them.
  private static let controls = #"""

    function choosePlace(layer, heads) {
      [state.layer, state.heads] = [layer, heads];
      byId("layer").value = layer;
      for (const box of document.querySelectorAll("#heads input")) box.checked = heads.includes(Number(box.value));
      if (state.view === "cells") makeView();
      markStamps();
      named();
      redraw();
      keepAddress();
    }
    function choosePart(index) {
      state.part = index;
      state.chosen = state.pointed = null;
      const { layers, heads } = part();
      state.layer = layers.length - 1;
      state.heads = heads.map((_, head) => head);
      makeControls();
      makeView();
      makeGrid();
      named();
      redraw();
    }
    function makeControls() {
      const { layers, heads } = part();
      const options = (list, chosen) => list.map((text, index) =>
        make("option", { value: index, selected: index === chosen }, String(text)));
      const partChoice = make("select", { id: "part" }, ...options(data.parts.map(each => each.name), state.part));
      partChoice.onchange = () => { choosePart(Number(partChoice.value)); keepAddress(); byId("part").focus(); };
      const layerChoice = make("select", { id: "layer" }, ...options(layers, state.layer));
      layerChoice.onchange = () => choosePlace(Number(layerChoice.value), state.heads);
      const boxes = heads.map((name, head) => {
        const box = make("input", { type: "checkbox", value: head, checked: state.heads.includes(head) });
        const swatch = make("span", { className: "swatch", "aria-hidden": "true" });
        swatch.style.background = colourOf(head);
        return make("label", {}, box, swatch, String(name));
      });
      const chosen = () => [...document.querySelectorAll("#heads input:checked")].map(box => Number(box.value));
      const all = make("button", { type: "button" }, "all");
      all.onclick = () => choosePlace(state.layer, heads.map((_, head) => head));
      const headChoice = make("fieldset", { id: "heads" }, make("legend", {}, "Heads"), ...boxes, all);
      headChoice.onchange = event => {
        // At least one head is shown.
        if (!chosen().length) event.target.checked = true;
        choosePlace(state.layer, chosen());
      };
      const slider = make("input", { type: "range", id: "threshold", min: 0, max: 0.5, step: 0.01 });
      slider.value = state.threshold;
      const output = make("output", { htmlFor: "threshold" }, state.threshold.toFixed(2));
      slider.oninput = () => {
        state.threshold = Number(slider.value);
        output.textContent = state.threshold.toFixed(2);
        redraw();
        drawStamps();
      };
      const first = make("input", { type: "checkbox", id: "first", checked: state.first });
      first.onchange = () => { state.first = first.checked; named(); redraw(); drawStamps(); keepAddress(); };
      const view = make("select", { id: "as" }, ...options(["lines", "cells"], state.view === "cells" ? 1 : 0));
      view.onchange = () => { state.view = view.value === "1" ? "cells" : "lines"; makeView(); named(); redraw(); };
      byId("controls").replaceChildren(
        ...(data.parts.length > 1 ? [make("label", {}, "Attention ", partChoice)] : []),
        make("label", {}, "Layer ", layerChoice), headChoice,
        make("label", {}, "As ", view),
        make("label", {}, "Show from ", slider, " ", output),
        make("label", {}, first, " Leave the first token out"));
      byId("controls").onsubmit = event => event.preventDefault();
    }
    function keepAddress() {
      const { layers, heads } = part();
      const parts = [`part=${state.part}`, `layer=${layers[state.layer]}`,
        `heads=${state.heads.map(head => heads[head]).join(",")}`];
      if (state.first) parts.push("without-first");
      if (state.chosen) parts.push(`${state.chosen.side}=${state.chosen.index}`);
      history.replaceState(null, "", "#" + parts.join("&"));
    }
    function fromAddress() {
      const asked = new URLSearchParams(location.hash.slice(1));
      const index = Number(asked.get("part") ?? data.parts.length - 1);
      if (asked.has("without-first")) state.first = true;
      choosePart(data.parts[index] ? index : data.parts.length - 1);
      const { layers, heads, queries, keys } = part();
      const layer = layers.indexOf(Number(asked.get("layer") ?? NaN));
      const wanted = (asked.get("heads") || "").split(",").filter(Boolean).map(name => heads.indexOf(Number(name)))
        .filter(head => head >= 0);
      if (layer >= 0 || wanted.length)
        choosePlace(layer >= 0 ? layer : state.layer, wanted.length ? wanted : state.heads);
      for (const [side, tokens] of [["query", queries], ["key", keys]]) {
        const chosen = Number(asked.get(side) ?? NaN);
        if (tokens[chosen] !== undefined) { state.chosen = { side, index: chosen }; redraw(); }
      }
    }
    addEventListener("resize", redraw);
    addEventListener("beforeprint", () => {
      if (data.view === "model-view") stamps.forEach((row, layer) => row.forEach(({ canvas }, head) =>
        drawStamp(canvas, layer, head, paper)));
      else if (lines) drawView(state.chosen, paper);
    });
    addEventListener("afterprint", () => document.querySelectorAll("svg.drawn").forEach(each => each.remove()));
    fromAddress();
    """#
}
