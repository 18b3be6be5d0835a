import Answering
import Figures

/// What all pages have in common: a document that needs no other file, reads on a phone and prints.
struct Page {
  let title: String
  let body: Markup

  /// The document, which runs no script, should a text ever slip through.
  var document: Markup {
    let page = HTMLPage(title: printable(title), style: Self.style)
    return Markup(trusted: page.html(body.source))
  }

  /// Greys and four colours that differ in lightness as well; no state is told by colour alone.
  private static let style = """
    :root { color-scheme: light; --ink: #1c2126; --soft: #59636e; --line: #d5dae0;
      --right: #1a7f37; --part: #8a5a00; --wrong: #b42318; --wash: #f5f7f9; }
    * { box-sizing: border-box; }
    body { margin: 0 auto; padding: 1.25rem 1rem 3rem; max-width: 52rem; color: var(--ink);
      background: #fff; font: 1rem/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif;
      overflow-wrap: anywhere; }
    h1 { font-size: 1.6rem; line-height: 1.2; margin: 0; }
    h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
    h3 { font-size: 1rem; margin: 0; }
    p { margin: .4rem 0; }
    a { color: #0a58b0; }
    .soft { color: var(--soft); font-size: .9rem; }
    .points { font-size: 2.4rem; font-weight: 650; line-height: 1.1; margin: 1rem 0 .5rem;
      font-variant-numeric: tabular-nums; }
    .points small { font-size: 1rem; font-weight: 400; color: var(--soft); }
    .meter { height: .6rem; border-radius: .3rem; background: #e4e8ec; overflow: hidden;
      margin: 0 0 1rem; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    .meter div { height: 100%; background: #2f6f9f; }
    .notice { border-left: .25rem solid var(--part); background: var(--wash);
      padding: .5rem .8rem; margin: .8rem 0; }
    .exercise { border-top: 1px solid var(--line); padding: .8rem 0; break-inside: avoid; }
    .exercise header { display: flex; gap: .6rem; align-items: baseline; }
    .exercise header h3 { flex: 1; }
    .exercise header .earned { white-space: nowrap; font-variant-numeric: tabular-nums; }
    .sign { font-weight: 700; width: 1.1rem; flex: none; text-align: center; }
    .inner { margin-left: 1.7rem; }
    .right .sign, .right .state { color: var(--right); }
    .part .sign, .part .state { color: var(--part); }
    .wrong .sign, .wrong .state { color: var(--wrong); }
    .open .sign, .open .state { color: var(--soft); }
    .state { font-weight: 600; }
    dl { margin: .4rem 0 0; font-size: .92rem; }
    dl div { display: flex; gap: .6rem; padding: .12rem 0; }
    dt { flex: none; width: 9.5rem; color: var(--soft); }
    dd { margin: 0; flex: 1; min-width: 0; }
    .answer { white-space: pre-wrap; background: var(--wash); border-left: .25rem solid var(--line);
      padding: .6rem .8rem; margin: .6rem 0; }
    pre { white-space: pre-wrap; background: var(--wash); padding: .5rem .8rem; margin: .3rem 0 .8rem;
      font: .85rem/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
    .pair { display: grid; grid-template-columns: 1fr 1fr; gap: .8rem; margin: .5rem 0 1.8rem;
      break-inside: avoid; }
    .pair figure { margin: 0; min-width: 0; }
    .pair img { display: block; width: 100%; height: auto; border: 1px solid var(--line); }
    .pair figcaption, .pair .missing { font-size: .85rem; color: var(--soft); padding: .2rem 0; }
    .pair .missing { border: 1px dashed var(--line); padding: .8rem; }
    table { border-collapse: collapse; width: 100%; font-size: .92rem; }
    th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line);
      vertical-align: top; }
    th { color: var(--soft); font-weight: 600; }
    .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
    .name { min-width: 7rem; }
    td .meter { margin: .2rem 0 0 auto; max-width: 5rem; }
    svg { width: 100%; max-width: 34rem; height: auto; display: block; }
    svg text { font: 11px system-ui, "DejaVu Sans", sans-serif; fill: #1c2126; }
    @media (max-width: 34rem) {
      .pair { grid-template-columns: 1fr; }
      dt { width: 8rem; }
      thead { display: none; }
      tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
      td { display: inline; padding: 0 .8rem 0 0; border: 0; }
      td.name, td.remark { display: block; }
      td.name { font-weight: 600; }
      td[data-name]::before { content: attr(data-name) " "; color: var(--soft); }
      td .meter { display: none; }
    }
    @media print {
      @page { margin: 16mm; }
      body { max-width: none; padding: 0; font-size: 10pt; }
      a { color: inherit; text-decoration: none; }
      h2, h3 { break-after: avoid; }
      .fresh { break-before: page; }
    }
    """
}
