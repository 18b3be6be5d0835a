extension AttentionPage {
  static let style =
    HTMLPage.plainStyle + """
      form { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: center; margin: .6rem 0; }
      fieldset { border: 1px solid var(--line); border-radius: 4px; padding: .1rem .5rem; margin: 0;
        display: flex; flex-wrap: wrap; gap: .1rem .7rem; align-items: center; }
      fieldset label { min-height: 1.5rem; display: inline-flex; align-items: center; gap: .2rem; }
      .swatch { display: inline-block; width: .7rem; height: .7rem; }
      main { display: grid; grid-template-columns: minmax(0, max-content) minmax(0, 1fr); gap: .5rem 2rem; }
      main.model-view > #grid-section { order: -1; }
      main.model-view > #grid-section, #grid-section { grid-column: 1 / -1; }
      main.heatmap > section { grid-column: 1 / -1; }
      .lines { display: grid; grid-template-columns: minmax(4.5rem, max-content) minmax(5rem, 14rem)
        minmax(4.5rem, max-content); }
      .lines h3 { margin: 0; font-size: .85rem; font-weight: normal; color: var(--muted); }
      .lines h3:first-child { text-align: right; }
      .lines ol { list-style: none; margin: 0; padding: 0; min-width: 0; }
      .lines li { height: var(--pitch); }
      .lines canvas { width: 100%; height: 100%; background: #fff; }
      .token { font: inherit; font-size: min(.9rem, calc(var(--pitch) * .7)); line-height: 1; color: inherit;
        background: none; border: 1px solid transparent; border-radius: 3px; cursor: pointer; width: 100%;
        height: 100%; padding: 0 .3rem; display: flex; gap: .4rem; justify-content: space-between; }
      .token { align-items: center; white-space: pre; }
      .token bdi { overflow: hidden; text-overflow: ellipsis; max-width: 11rem; padding: .1rem 0; }
      .token.query { flex-direction: row-reverse; }
      .token .n { font-variant-numeric: tabular-nums; font-size: .75rem; }
      .token[aria-pressed=true] { border-color: currentColor; font-weight: 700; }
      .cells { display: flex; flex-wrap: wrap; gap: 1rem; }
      .cells figure { margin: 0; max-width: 100%; overflow-x: auto; }
      .cells canvas { background: #fff; display: block; }
      #grid th[scope=row] { position: sticky; left: 0; z-index: 1; background: var(--ground); }
      #grid th { font-weight: normal; color: var(--muted); font-size: .85rem; }
      #grid thead th { text-align: center; }
      #grid td { padding: 1px; }
      #grid button { padding: 0; border: 2px solid transparent; border-radius: 3px; background: none;
        cursor: pointer; display: block; }
      #grid button[aria-pressed=true] { border-color: #c2410c; }
      #grid canvas { display: block; background: #f7f7f7; outline: 1px solid #ddd; outline-offset: -1px; }
      #row { font-size: .85rem; }
      #row td, #row th { padding: .05rem .35rem; white-space: pre; }
      #row td { text-align: right; font-variant-numeric: tabular-nums; }
      #row thead th { text-align: right; }
      #grid-note, #tokens p { font-size: .85rem; color: var(--muted); margin: .3rem 0; overflow-wrap: anywhere; }
      .print, svg.drawn { display: none; }
      svg.drawn { width: 100%; height: 100%; }
      @media screen and (max-width: 50rem) { main { display: block; } .token bdi { max-width: 26vw; }
        .lines { grid-template-columns: minmax(0, max-content) minmax(3.5rem, 1fr) minmax(0, max-content); } }
      @media print { form, .how, #row-section { display: none; } main { display: block; }
        main.head-view > #grid-section, main.heatmap > #grid-section, main.model-view > #view-section
        { display: none; } #view-title, #grid-title { display: none; } .print { display: block; }
        .token { background: none !important; color: #1c2126 !important; } .token .n { display: none; }
        #grid button { border-color: transparent !important; } .scroll { overflow: visible; }
        .lines canvas, #grid canvas { display: none; } svg.drawn { display: block; }
        #grid svg { width: min(28mm, calc(160mm / var(--heads))); outline: .2mm solid #ddd;
          height: min(36mm, calc(208mm / var(--heads)), calc(200mm / var(--layers))); } .cells { zoom: var(--zoom); }
        .cells figure { break-inside: avoid; } #grid button { break-inside: avoid; } }
      """
}
