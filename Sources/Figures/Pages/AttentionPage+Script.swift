extension AttentionPage {
  /// What draws the page and follows the pointer.
  static let script = drawing + stamps + oneLayer + controls

  /// Numbers, and lines that they are drawn by.
  private static let drawing = #"""
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

    """#
}
