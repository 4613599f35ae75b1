#pragma once

namespace dmf::report {

/// The style of a page (page.h).
inline constexpr const char* kPageStyle = R"(
:root { color-scheme: light dark; --ink:#21242b; --faint:#6a6f78; --grid:#dfe1e6; --paper:#ffffff;
  --ground:#f4f5f7;
  --accent:#0b62a8; --right:#1f9a50; --wrong:#cf3333; }
@media (prefers-color-scheme: dark) { :root { --ink:#e6e8ec; --faint:#9aa0ab; --grid:#343942; --paper:#1b1e24;
  --ground:#121418; --accent:#6db3ee; --right:#35b96c; --wrong:#ee6464; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
header, nav, main, footer { max-width: 1240px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 36px; }
h1 { font-size: 27px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -.01em; }
header p { color: var(--faint); margin: 0 0 20px; }
h2 { font-size: 19px; margin: 0 0 6px; }
h3 { font-size: 15px; margin: 22px 0 6px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px;
  margin-bottom: 18px; }
.tile { background: var(--paper); border: 1px solid var(--grid); border-radius: 10px; padding: 12px 16px; }
.tile .name { color: var(--faint); font-size: 13px; overflow: hidden; text-overflow: ellipsis; }
.tile .value { font-size: 28px; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }
.tile .note { color: var(--faint); font-size: 12.5px; margin: 0; }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; padding-bottom: 16px; font-size: 14px; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
section { background: var(--paper); border: 1px solid var(--grid); border-radius: 12px;
  padding: 22px 24px 18px;
  margin-bottom: 18px; scroll-margin-top: 12px; }
.lead { margin: 0 0 14px; color: var(--faint); max-width: 85ch; }
.note { margin: 8px 0; color: var(--faint); font-size: 13px; max-width: 110ch; }
.warning { margin: 10px 0; padding: 8px 12px; border-left: 3px solid var(--wrong); background: var(--ground);
  font-size: 13.5px; }
.scroll { overflow-x: auto; margin: 6px 0 10px; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 5px 12px; border-bottom: 1px solid var(--grid); white-space: nowrap; }
thead th { color: var(--faint); font-weight: 500; font-size: 13px; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tbody th { font-weight: 600; }
td small { display: block; color: var(--faint); font-size: 11.5px; line-height: 1.2; }
table.card td, table.card th { text-align: left; white-space: normal; vertical-align: top;
  overflow-wrap: anywhere; }
table.card tbody th { font-weight: 500; color: var(--faint); width: 11em; }
table.heat td { text-align: center; min-width: 58px; border: 1px solid var(--paper); }
table.heat th { border: 0; } table.heat thead th:not(:first-child) { text-align: center; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 18px; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr));
  gap: 6px 36px; }
svg { display: block; }
svg text { font-family: "DejaVu Sans", Verdana, sans-serif; }
.row { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); gap: 7px;
  margin: 4px 0 10px;
  padding: 0 3px 3px; min-width: calc(var(--columns) * 46px); }
figure { margin: 0; text-align: center; }
figure img { display: block; width: 100%; height: auto; border-radius: 3px; outline: 3px solid transparent; }
figure.right img { outline-color: var(--right); }
figure.wrong img { outline-color: var(--wrong); }
figure.plain img { outline: 1px solid var(--grid); }
figure .rank { font-size: 11px; color: var(--faint); min-height: 1.5em; }
figcaption { font-size: 10.5px; line-height: 1.3; color: var(--faint); padding-top: 5px;
  overflow-wrap: anywhere; }
figure.right figcaption { color: var(--right); }
figure.wrong figcaption { color: var(--wrong); }
figure .gone { display: grid; place-items: center; aspect-ratio: 1 / 2; border: 1px dashed var(--grid);
  font-size: 11px;
  color: var(--faint); }
.origin { border-top: 1px solid var(--grid); margin-top: 14px; padding-top: 10px; font-size: 12.5px;
  color: var(--faint); overflow-wrap: anywhere; }
code { font: 12px/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; color: var(--ink); }
footer { color: var(--faint); font-size: 12.5px; padding-bottom: 40px; }
@media print {
  :root { --ink:#111; --faint:#555; --grid:#ccc; --paper:#fff; --ground:#fff; --accent:#111; --right:#1f9a50;
    --wrong:#cf3333; color-scheme: light; }
  @page { size: A4; margin: 12mm; }
  body { font-size: 11px; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  header, nav, main, footer { max-width: none; padding: 0; }
  nav { display: none; }
  section { border: 0; padding: 0 0 10px; border-radius: 0; }
  .tile, figure, tr, .row, svg { break-inside: avoid; }
  h2, h3, .lead, .note { break-after: avoid; }
  .note { font-size: 10px; } .origin, .origin code { font-size: 8.5px; }
  .scroll { overflow: visible; }
  .row { min-width: 0; gap: 4px; }
  table { font-size: 10.5px; } th, td { padding: 3px 7px; }
  figcaption, figure .rank { font-size: 7.5px; }
}
)";

}  // namespace dmf::report
