extension BrowsePage {
  static let style = """
    :root { --ink: #1c2126; --muted: #5b6670; --line: #d5dbe0; --help: 33,102,172; --hurt: 178,24,43; }
    body { margin: 0 auto; padding: 1rem; max-width: 80rem; color: var(--ink); background: #fff;
      font: 1rem/1.5 system-ui, "DejaVu Sans", sans-serif; }
    h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.1rem; margin: .2rem 0 .4rem; }
    h3 { font-size: .95rem; margin: 0 0 .2rem; }
    .key { padding: 0 .3rem; } .help { background: rgba(var(--help),.3); }
    .hurt { background: rgba(var(--hurt),.3); }
    main { display: grid; grid-template-columns: minmax(18rem, 2fr) 3fr; gap: 1.2rem; }
    #texts { max-height: 70vh; overflow-y: auto; border-top: 1px solid var(--line); }
    #most-section { grid-column: 1 / -1; }
    .text { margin: 0; padding: .5rem 0; border-bottom: 1px solid var(--line); line-height: 1.9; }
    .text b { color: var(--muted); font-weight: normal; font-size: .8rem; margin-right: .4rem; }
    .t { font: inherit; color: inherit; border: 1px solid transparent; border-radius: 3px; margin: 1px;
      padding: 0 .15rem; background: none; cursor: pointer; white-space: pre-wrap; }
    .t.first { cursor: default; color: var(--muted); }
    .t:focus-visible, select:focus-visible, #detail:focus-visible { outline: 2px solid #111;
      outline-offset: 1px; }
    .t[aria-pressed=true] { border-color: #111; font-weight: 600; }
    #panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; }
    #panels > .wide { grid-column: 1 / -1; }
    table { border-collapse: collapse; font-size: .85rem; width: 100%; }
    th { text-align: left; font-weight: normal; color: var(--muted); }
    th, td { padding: 0 .4rem 0 0; white-space: pre-wrap; vertical-align: top; }
    td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
    tr.true td:first-child { font-weight: 600; text-decoration: underline; }
    #summary { margin: 0; } #most table { width: auto; } .link { font: inherit; color: #1a5276; text-decoration: underline;
      background: none; border: 0; padding: 0; cursor: pointer; white-space: pre-wrap; }
    @media (max-width: 50rem) { main { display: block; } #texts { max-height: none; } }
    @media print { #texts { max-height: none; overflow: visible; } main { display: block; }
      .t, .key { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
      label { display: none; } section { break-inside: auto; } #panels > div { break-inside: avoid; } }
    """

  static let script = #"""
    const data = JSON.parse(document.getElementById("data").textContent);
    const signed = value => (value > 0 ? "+" : value < 0 ? "−" : "") + (Math.abs(value) / 100).toFixed(2);
    const plain = value => (value < 0 ? "−" : "") + (Math.abs(value) / 100).toFixed(2);
    const share = value => (value / 1000).toFixed(3);
    const shown = token => data.tokens[token].replace(/\n/g, "⏎").replace(/\t/g, "⇥");
    const quoted = token => "“" + shown(token) + "”";
    let most = 1;
    for (const places of data.places) for (const place of places) most = Math.max(most, Math.abs(place.c));
    function colour(change) {
      const strength = Math.sqrt(Math.abs(change) / most);
      return `rgba(var(--${change > 0 ? "help" : "hurt"}),${(0.75 * strength).toFixed(3)})`;
    }
    const buttons = data.texts.map(() => []);
    const order = data.places.map((places, text) => ({
      text, change: places.reduce((sum, place) => Math.max(sum, Math.abs(place.c)), 0) }));
    function drawTexts() {
      const list = [...order];
      if (byId("order").value === "change") list.sort((a, b) => b.change - a.change);
      byId("texts").replaceChildren(...list.map(({ text }) => {
        const line = make("p", { className: "text" }, make("b", {}, String(text)));
        data.texts[text].forEach((token, position) => {
          if (position === 0) {
            line.append(make("span", { className: "t first" }, shown(token)));
            return;
          }
          const place = data.places[text][position - 1];
          const button = buttons[text][position] || make("button", { type: "button", className: "t" });
          button.textContent = shown(token);
          button.setAttribute("aria-label",
            `${shown(token)}, position ${position} of text ${text}, loss change ${signed(place.c)}`);
          button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") || "false");
          button.tabIndex = -1;
          button.title = `loss change ${signed(place.c)} nats`;
          button.style.background = colour(place.c);
          button.onclick = () => choose(text, position, true);
          buttons[text][position] = button;
          line.append(button);
        });
        return line;
      }));
      const first = chosen || { text: list[0].text, position: 1 };
      if (buttons[first.text][first.position]) buttons[first.text][first.position].tabIndex = 0;
    }
    let chosen = null;
    function table(name, caption, heads, rows, wide) {
      const head = make("tr", {}, ...heads.map(([label, isNumber]) =>
        make("th", { scope: "col", className: isNumber ? "n" : "" }, label)));
      const body = rows.map(row => make("tr", { className: row.isTrue ? "true" : "" },
        ...row.cells.map((cell, column) =>
          make("td", { className: heads[column][1] ? "n" : "" }, cell))));
      const all = make("table", { id: name }, make("thead", {}, head), make("tbody", {}, ...body));
      return make("div", { className: wide ? "wide" : "" }, make("h3", {}, caption), all);
    }
    function pairs(list) {
      const out = [];
      for (let i = 0; i < list.length; i += 2) out.push([list[i], list[i + 1]]);
      return out;
    }
    function choose(text, position, moves) {
      const place = data.places[text][position - 1];
      if (!place) return;
      if (chosen && buttons[chosen.text][chosen.position]) {
        const old = buttons[chosen.text][chosen.position];
        old.setAttribute("aria-pressed", "false");
        old.tabIndex = -1;
      }
      chosen = { text, position };
      const button = buttons[text][position];
      button.setAttribute("aria-pressed", "true");
      button.tabIndex = 0;
      if (!moves) button.scrollIntoView({ block: "nearest" });
      if (moves) { button.focus(); history.replaceState(null, "", `#${text}.${position}`); }
      const truth = data.texts[text][position];
      const reads = data.texts[text][position - 1];
      const [before, after] = [pairs(place.b), pairs(place.a)];
      const truthAdded = place.d[place.d.length - 1];
      byId("detail-title").textContent =
        `${quoted(truth)}, position ${position} of text ${text}: loss change ${signed(place.c)} nats`;
      const mark = (token, ...cells) => ({ isTrue: token === truth, cells: [shown(token), ...cells] });
      const neighbours = data.neighbours[reads] || [[], [], [], []];
      const told = data.neighbours[truth] || [[], [], [], []];
      const names = list => list.map(shown).join(" · ");
      const panels = [
        table("before", "Likeliest with the head", [["token"], ["logit", 1], ["head adds", 1]],
          before.map(([token, value], i) => mark(token, plain(value), signed(place.d[i])))),
        table("after", "Likeliest without the head", [["token"], ["logit", 1], ["head added", 1]],
          after.map(([token, value], i) =>
            mark(token, plain(value), signed(place.d[before.length + i])))),
        table("lens", "Lens before the head", [["token"], ["probability", 1]],
          pairs(place.l).map(([token, value]) => mark(token, share(value)))),
        table("pattern", `Where ${quoted(reads)} attends`, [["position", 1], ["token"], ["attention", 1]],
          pairs(place.p).sort((a, b) => b[1] - a[1]).slice(0, 12).map(([key, value]) =>
            ({ cells: [String(key), shown(data.texts[text][key]), share(value)] }))),
        table("effects", `Direct effect on ${quoted(truth)}, greatest first`, [["head"], ["logit", 1]],
          pairs(place.e).map(([head, value]) =>
            ({ isTrue: head === data.head, cells: [data.heads[head], signed(value)] }))),
        table("neighbours", "Neighbours in the head's circuits", [["what"], ["tokens"]], [
          { cells: [`OV: reading ${quoted(reads)} writes for`, names(neighbours[0])] },
          { cells: [`OV: reading ${quoted(reads)} writes against`, names(neighbours[1])] },
          { cells: [`OV: reading ${quoted(truth)} writes for`, names(told[0])] },
          { cells: [`OV: reading ${quoted(truth)} writes against`, names(told[1])] },
          { cells: [`QK: predicting ${quoted(truth)} looks at`, names(told[2])] },
          { cells: [`QK: ${quoted(reads)} is looked at when predicting`, names(neighbours[3])] },
        ].filter(row => row.cells[1]), true),
      ];
      byId("panels").replaceChildren(
        make("p", { id: "summary", className: "wide" },
          `The head adds ${signed(truthAdded)} to the logit of ${quoted(truth)}.`), ...panels);
    }
    function drawMost() {
      const all = [];
      data.places.forEach((places, text) => places.forEach((place, index) =>
        all.push({ text, position: index + 1, change: place.c })));
      all.sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
      const rows = all.slice(0, 25).map(({ text, position, change }) => {
        const from = Math.max(0, position - 6);
        const link = make("button", { type: "button", className: "link" },
          shown(data.texts[text][position]));
        link.onclick = () => { choose(text, position, true); byId("detail").scrollIntoView(); };
        const context = data.texts[text].slice(from, position).map(shown).join(" ");
        return { cells: [signed(change), (from ? "… " : "") + context, link,
          `${text}.${position}`] };
      });
      byId("most").replaceChildren(table("ranking", "",
        [["loss change", 1], ["after"], ["token"], ["text.position"]], rows));
    }
    addEventListener("keydown", event => {
      if (!chosen && !event.target.classList.contains("t")) return;
      if (!event.target.classList.contains("t")) return;
      let { text, position } = chosen || { text: 0, position: 0 };
      const lines = [...byId("texts").children].map(line => Number(line.firstChild.textContent));
      const line = lines.indexOf(text);
      switch (event.key) {
        case "ArrowRight": position += 1; break;
        case "ArrowLeft": position -= 1; break;
        case "Home": position = 1; break;
        case "End": position = data.places[text].length; break;
        case "ArrowDown": text = lines[Math.min(line + 1, lines.length - 1)]; break;
        case "ArrowUp": text = lines[Math.max(line - 1, 0)]; break;
        default: return;
      }
      event.preventDefault();
      position = Math.max(1, Math.min(position, data.places[text].length));
      choose(text, position, true);
    });
    byId("order").onchange = drawTexts;
    drawTexts();
    drawMost();
    function fromAddress() {
      const found = location.hash.match(/^#(\d+)\.(\d+)$/);
      if (found && data.places[found[1]]) { choose(Number(found[1]), Number(found[2]), false); return true; }
      return false;
    }
    addEventListener("hashchange", fromAddress);
    if (!fromAddress()) {
      let best = null;
      data.places.forEach((places, text) => places.forEach((place, index) => {
        if (!best || Math.abs(place.c) > best.change)
          best = { text, position: index + 1, change: Math.abs(place.c) };
      }));
      if (best) choose(best.text, best.position, false);
    }
    """#
}
