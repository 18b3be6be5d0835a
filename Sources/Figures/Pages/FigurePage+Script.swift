extension FigurePage {
  static let style =
    HTMLPage.plainStyle + """
      .blocks { display: flex; flex-wrap: wrap; gap: 0 2rem; }
      figure { margin: .6rem 0; max-width: 100%; }
      figure:not(.pointed) { overflow-x: auto; background: #fff; }
      figure svg { max-width: none; height: auto; }
      figcaption, .name { font-size: .85rem; color: var(--muted); margin: .3rem 0; }
      .pointed table { font-size: .85rem; }
      .pointed td, .words span { color: #000; position: relative; }
      .pointed td { min-width: 1.4rem; height: 1.4rem; padding: 0; border: 1px solid var(--ground); }
      .pointed thead td { border: 0; }
      .pointed .d { color: #fff; }
      .pointed .plain { color: inherit; }
      .pointed th[scope=row] { position: sticky; left: 0; z-index: 1; background: var(--ground); }
      .pointed .none { background: repeating-linear-gradient(135deg, #e4e4e4 0 3px, #a8a8a8 3px 4px);
        color: #000; }
      .pointed i { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
        white-space: nowrap; font-style: normal; left: 0; top: 0; }
      .pointed th { padding: 0 .4rem; white-space: pre; }
      .pointed thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left;
        padding: .3rem 0; max-height: 12rem; vertical-align: top; }
      .texts td { padding: 0 .3rem; text-align: center; white-space: pre; max-width: 8rem; overflow: hidden;
        text-overflow: ellipsis; }
      .texts thead th { writing-mode: horizontal-tb; transform: none; text-align: center; padding: 0 .3rem; }
      .pointed td:hover, .words span:hover { outline: 2px solid #c2410c; outline-offset: -2px; }
      tr.marked > td, td.marked { box-shadow: inset 0 2px #c2410c, inset 0 -2px #c2410c; }
      td.marked { box-shadow: inset 2px 0 #c2410c, inset -2px 0 #c2410c; }
      td.faint, .words .faint { opacity: .12; }
      .words { line-height: 2; max-width: 46rem; }
      .words span { padding: .15rem .25rem; border-radius: 2px; white-space: pre; }
      pre { overflow-x: auto; font-size: .8rem; padding: .6rem; border: 1px solid var(--line); }
      @media print { .how, details, .bar label { display: none; } .scroll { overflow: visible; }
        figure { break-inside: avoid; } }
      """

  static let script = #"""
    const number = cell => {
      const text = cell.querySelector("i").textContent.split(";")[0];
      return Number(text.replace(/−/g, "-"));
    };
    function tip(content, element) {
      const box = byId("tip"), place = element.getBoundingClientRect();
      box.replaceChildren(...content);
      box.hidden = false;
      box.style.left = `${Math.max(4, Math.min(place.left, innerWidth - box.offsetWidth - 4))}px`;
      const below = place.bottom + 6;
      box.style.top = below + box.offsetHeight < innerHeight ? `${below}px`
        : `${Math.max(4, place.top - box.offsetHeight - 6)}px`;
    }
    const named = element => make("bdi", {}, element.querySelector("bdi").textContent);
    const quoted = element => ["“", named(element), "”"];
    const kind = text => text ? text + " " : "";
    /// The greatest of a row or column, by size.
    function greatest(pairs) {
      return pairs.filter(([cell]) => Number.isFinite(number(cell)))
        .sort((a, b) => Math.abs(number(b[0])) - Math.abs(number(a[0]))).slice(0, 5)
        .flatMap(([cell, name]) => ["\n", named(name), cell.querySelector("bdi") ? ": " : "",
          cell.querySelector("bdi") ? named(cell) : "", ": " + cell.querySelector("i").textContent.split(";")[0]]);
    }
    let marked = [];
    function clear() {
      marked.forEach(element => element.classList.remove("marked"));
      marked = [];
      byId("tip").hidden = true;
    }
    const mark = element => { element.classList.add("marked"); marked.push(element); };
    function tell(element) {
      clear();
      const list = element.closest(".words");
      if (list) {
        tip([...quoted(element), `: ${element.querySelector("i").textContent} ${list.dataset.value}`], element);
        return;
      }
      const table = element.closest("table"), line = element.parentElement, place = element.cellIndex;
      const head = table.tHead.rows[0];
      const { row, column, value } = table.dataset;
      if (element.tagName === "TD") {
        const text = element.querySelector("bdi") ? [named(element), "\n"] : [];
        tip([kind(row), ...quoted(line.cells[0]), ", ", kind(column), ...quoted(head.cells[place]), "\n", ...text,
          `${element.querySelector("i").textContent.replace(";", ` ${value};`)}`
            + (element.querySelector("i").textContent.includes(";") ? "" : ` ${value}`)], element);
      } else if (line === head) {
        const cells = [...table.tBodies[0].rows].map(each => [each.cells[place], each.cells[0]]);
        cells.forEach(([cell]) => mark(cell));
        tip([kind(column), ...quoted(element), ...greatest(cells)], element);
      } else {
        mark(line);
        tip([kind(row), ...quoted(element), ...greatest([...line.cells].slice(1).map((cell, index) =>
          [cell, head.cells[index + 1]]))], element);
      }
    }
    for (const figure of document.querySelectorAll("figure.pointed")) {
      const table = figure.querySelector("table");
      const rows = table ? [...table.rows].map(row => [...row.cells])
        : [...figure.querySelectorAll(".words")].map(list => [...list.children]);
      const all = rows.flat().filter(cell => cell.querySelector("bdi, i"));
      let current = table ? rows[1][1] : rows[0][0];
      const go = cell => {
        if (!cell || !all.includes(cell)) return;
        current.tabIndex = -1;
        current = cell;
        cell.tabIndex = 0;
        cell.focus();
      };
      all.forEach(cell => { cell.tabIndex = -1; });
      current.tabIndex = 0;
      figure.addEventListener("pointerover", event => {
        const cell = event.target.closest("td, th, .words span");
        if (cell && all.includes(cell)) tell(cell); else clear();
      });
      figure.addEventListener("pointerleave", clear);
      figure.addEventListener("focusin", event => { if (all.includes(event.target)) tell(event.target); });
      figure.addEventListener("focusout", clear);
      figure.addEventListener("keydown", event => {
        const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
        if (event.key === "Escape") clear();
        if (!step || !all.includes(event.target)) return;
        event.preventDefault();
        const line = rows.findIndex(row => row.includes(event.target));
        go((rows[line + step[0]] || [])[rows[line].indexOf(event.target) + step[1]]);
      });
      const values = all.filter(cell => cell.querySelector("i"));
      const most = Math.max(0, ...values.map(number).filter(Number.isFinite).map(Math.abs));
      if (most === 0) continue;
      const slider = make("input", { type: "range", min: 0, max: 100, value: 0 });
      const output = make("output", {}, "0");
      slider.oninput = () => {
        const least = most * Number(slider.value) / 100;
        output.textContent = least.toPrecision(2);
        values.forEach(cell => cell.classList.toggle("faint", Math.abs(number(cell)) < least));
      };
      const bar = figure.querySelector(".bar");
      (bar || figure).append(make("label", {}, "show from ", slider, " ", output));
    }
    """#
}
