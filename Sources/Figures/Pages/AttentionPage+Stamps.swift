extension AttentionPage {
  /// Every head, small.
  static let stamps = #"""
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

    """#
}
