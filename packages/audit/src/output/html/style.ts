/** Colours are named by what they say; both schemes keep a contrast of 4.5 to 1 and more. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f5f6f8; --ink: #1c2128; --quiet: #57606a; --line: #d5dae1;
  --pass: #1a6b34; --fail: #b3261e; --error: #8a4b00; --focus: #0b5cad;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --raised: #1d2228; --ink: #e6e9ed; --quiet: #a3adb8; --line: #363e48;
    --pass: #6fd08c; --fail: #ff8f87; --error: #f0b35a; --focus: #7ab8ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1rem 4rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; }
p { margin: .25rem 0; }
.quiet { color: var(--quiet); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .75rem; margin: 1.25rem 0; padding: 0; list-style: none; }
.tiles li { background: var(--raised); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; }
.tiles strong { display: block; font-size: 1.7rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.pass { color: var(--pass); } .fail { color: var(--fail); } .error { color: var(--error); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; }
.scroll:focus-visible, input:focus-visible, summary:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .925rem; }
caption { text-align: left; padding: .5rem .75rem; color: var(--quiet); }
th, td { padding: .5rem .75rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { background: var(--raised); border-top: 0; white-space: nowrap; }
td { overflow-wrap: break-word; }
tbody th { font-weight: 600; }
tbody th, td.wide { min-width: 13rem; overflow-wrap: anywhere; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.word { font-weight: 600; white-space: nowrap; }
label { display: block; margin: 0 0 .75rem; }
input { display: block; width: 100%; max-width: 30rem; margin-top: .25rem; padding: .5rem .75rem; font: inherit; color: inherit;
  background: var(--ground); border: 1px solid var(--quiet); border-radius: .375rem; }
@media (max-width: 40rem) {
  .stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stack tr { display: block; padding: .5rem 0; border-top: 1px solid var(--line); }
  .stack tbody tr:first-child { border-top: 0; }
  .stack th, .stack td, .stack td.number { display: block; min-width: 0; overflow-wrap: anywhere; border: 0; padding: .125rem .75rem; text-align: left; white-space: normal; }
  .stack td::before { content: attr(data-label) ": "; color: var(--quiet); font-weight: 400; }
}
@media print { .filter { display: none; } body { max-width: none; } }
`;

/** Hides the rows that don't hold all of the words. Without scripts the field stays hidden and all rows show. */
export const SCRIPT = `
const field = document.getElementById('filter');
if (field) {
  field.closest('.filter').hidden = false;
  const rows = [...document.querySelectorAll('#findings tbody tr')];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const shown = document.getElementById('shown');
  field.addEventListener('input', () => {
    const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, at) => {
      row.hidden = !words.every((word) => texts[at].includes(word));
      if (!row.hidden) count += 1;
    });
    shown.textContent = count + ' of ' + rows.length + ' shown';
  });
}
`;
