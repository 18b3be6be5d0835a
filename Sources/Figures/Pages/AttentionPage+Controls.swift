extension AttentionPage {
  /// Choices, and the address that keeps them.
  static let controls = #"""

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
