/** How the report looks: on a screen in light and dark, and on paper. Every pair of colours has a contrast of 4.5 or more. */
export const reportStyle = `
:root{color-scheme:light dark;--text:#1b1f24;--soft:#57606a;--ground:#fff;--box:#f6f8fa;--line:#d0d7de;--link:#0550ae;--high:#a40e26;--medium:#7a4b00;--low:#0550ae;--info:#57606a;--bar:#0550ae;--stripe:#a40e26}
@media (prefers-color-scheme:dark){:root{--text:#e6edf3;--soft:#9da7b3;--ground:#0d1117;--box:#161b22;--line:#30363d;--link:#79c0ff;--high:#ff9492;--medium:#e3b341;--low:#79c0ff;--info:#9da7b3;--bar:#79c0ff;--stripe:#ff9492}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem;max-width:80rem;font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--ground)}
h1{margin:0;font-size:1.7rem}h2{margin:2.5rem 0 .5rem;font-size:1.25rem;border-bottom:1px solid var(--line);padding-bottom:.25rem}h3{margin:2rem 0 .25rem;font-size:1rem}
p{margin:.25rem 0;max-width:60rem}.soft{color:var(--soft)}a{color:var(--link)}a:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px}
h3 code{font-weight:400;color:var(--soft)}code{font-size:.85em}footer{margin-top:3rem}
.skip,.unseen{position:absolute;left:-99rem}.skip:focus{position:static}
ul.tally{display:grid;grid-template-columns:repeat(auto-fill,minmax(7.5rem,1fr));gap:.75rem;padding:0;margin:1rem 0;list-style:none}
ul.tally li{padding:.5rem 1rem;border:1px solid var(--line);border-radius:.5rem;background:var(--box)}ul.tally b{display:block;font-size:1.5rem;line-height:1.2}
.severity{font-weight:600;white-space:nowrap}.high{color:var(--high)}.medium{color:var(--medium)}.low{color:var(--low)}.info{color:var(--info)}
table{border-collapse:collapse;font-size:.875rem;margin:.25rem 0}caption{text-align:left;color:var(--soft);padding:.25rem 0}
th,td{padding:.35rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:anywhere}thead th{background:var(--box);overflow-wrap:normal}
table.wide{width:100%;table-layout:fixed}.wide thead .pat{width:26%}.wide thead .owner{width:17%}.wide thead .where{width:11%}.wide thead .short{width:11%}.wide thead .date{width:9%}td.date{white-space:nowrap}
th.number,td.number{text-align:right}.small th.pat{font-weight:400}.small thead th.pat{font-weight:600}
.scroll{overflow-x:auto}svg.timeline{display:block;width:100%;min-width:40rem;max-width:60rem;height:auto;margin:.5rem 0}svg text{font:11px system-ui,sans-serif;text-anchor:middle;fill:var(--text)}svg line{stroke:var(--line)}rect.managed{fill:var(--bar)}rect.unmanaged{fill:url(#hatch);stroke:var(--stripe)}rect.ground{fill:var(--ground)}rect.stripe{fill:var(--stripe)}
.key{display:inline-block;width:1rem;height:.75rem;margin-right:.35rem;border:1px solid var(--bar);background:var(--bar)}.key.hatched{margin-left:1rem;border-color:var(--stripe);background:repeating-linear-gradient(45deg,var(--stripe) 0 2px,var(--ground) 2px 4px)}
@media screen and (max-width:70rem){body{padding:1rem}table.wide,.wide caption,.wide tbody,.wide tr,.wide th,.wide td{display:block}.wide thead{position:absolute;left:-99rem}.wide tr{margin:0 0 .75rem;border:1px solid var(--line);border-radius:.5rem}.wide th,.wide td{border-bottom:0}.wide tbody .pat{background:var(--box);border-radius:.5rem .5rem 0 0}.wide td{position:relative;padding-left:9rem;min-height:2.2em}.wide td::before{position:absolute;left:.6rem;content:attr(data-title);color:var(--soft)}}
@page{size:landscape;margin:12mm}
@media print{:root{--text:#000;--soft:#444;--ground:#fff;--box:#fff;--line:#999;--link:#000;--high:#000;--medium:#000;--low:#000;--info:#000;--bar:#444;--stripe:#000}body{padding:0;max-width:none;font-size:10pt}table{font-size:8.5pt}.skip,nav{display:none}.scroll{overflow:visible}svg.timeline{min-width:0}h2,h3{break-after:avoid}tr,svg,ul.tally li{break-inside:avoid}thead{display:table-header-group}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}a[href^="https"]::after{content:" (" attr(href) ")";font-size:.85em;overflow-wrap:anywhere}}
`
