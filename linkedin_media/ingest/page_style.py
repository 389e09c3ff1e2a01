"""How a report looks: light or dark as the reader's system is, wide or narrow as the screen."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--paper:#f6f7f9;--card:#fff;--ink:#16191d;--soft:#5d6673;--line:#e2e6eb;
--posted:#0f8a5f;--available:#2672c9;--failed:#cc3344;--unknown:#b4690e;--parked:#7a56c8;--left:#a7b0bb;
--begun:#9db1c9;--uploaded:#5f9be0;--ready:#e6b04a;--ended:#0f8a5f;--shade:0 1px 2px #10182812,0 4px 16px #1018280a}
@media(prefers-color-scheme:dark){:root{--paper:#0f1216;--card:#181c22;--ink:#e9edf2;--soft:#97a2b0;--line:#2a3038;
--posted:#35b887;--available:#5b9fec;--failed:#f0697a;--unknown:#e2a04a;--parked:#a58af0;--left:#57616d;
--begun:#5b6c80;--uploaded:#4a86c8;--ready:#cf9a3c;--ended:#2a9d70;--shade:none}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);-webkit-text-size-adjust:100%;
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1060px;margin:0 auto;padding:40px 24px 56px}
h1{font-size:30px;line-height:1.2;letter-spacing:-.02em;margin:0 0 4px;font-weight:680}
h2{font-size:18px;letter-spacing:-.01em;margin:44px 0 12px;font-weight:640}
p{margin:0}a{color:inherit;text-underline-offset:3px}
.soft,h2 small{color:var(--soft);font-weight:400}h2 small{font-size:14px;letter-spacing:0;margin-left:6px}
code,.id{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;box-shadow:var(--shade)}
.whole{display:flex;gap:2px;height:14px;margin:28px 0 16px;border-radius:7px;overflow:hidden}
.whole i{min-width:4px}
.totals{display:grid;grid-template-columns:repeat(auto-fit,minmax(120px,1fr));gap:12px;margin:0}
.totals div{padding:14px 16px}.totals dt{display:flex;align-items:center;gap:7px;color:var(--soft);font-size:14px}
.totals dd{margin:2px 0 0;font-size:26px;line-height:1.2;font-weight:660;letter-spacing:-.02em;
font-variant-numeric:tabular-nums}
.dot{width:9px;height:9px;border-radius:50%;flex:none}
.posted{--tint:var(--posted)}.available-end{--tint:var(--available)}.failed{--tint:var(--failed)}
.unknown{--tint:var(--unknown)}.parked{--tint:var(--parked)}.left{--tint:var(--left)}
.dot,.whole i{background:var(--tint)}
figure{margin:0}.timeline,.distribution{padding:18px 20px 16px}
.plot{position:relative;padding-top:20px}.plot svg{display:block;width:100%;height:150px}
.plot.low svg{height:100px}.plot+.plot{margin-top:16px}
.top{position:absolute;left:0;top:0;color:var(--soft);font-size:13px;line-height:1;font-variant-numeric:tabular-nums}
svg path{vector-effect:non-scaling-stroke}.rule{stroke:var(--line);fill:none}
.pause{stroke:var(--soft);stroke-dasharray:3 4;fill:none}
.begun{fill:var(--begun);background:var(--begun)}.uploaded{fill:var(--uploaded);background:var(--uploaded)}
.available{fill:var(--ready);background:var(--ready)}.ended{fill:var(--ended);background:var(--ended)}
.times{position:relative;height:20px;margin-top:5px;color:var(--soft);font-size:13px;font-variant-numeric:tabular-nums}
.times span{position:absolute;white-space:nowrap}.times .end{right:0;background:var(--card);padding-left:8px}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin-top:10px;color:var(--soft);font-size:14px}
.legend span{display:flex;align-items:center;gap:7px}.legend i{width:11px;height:11px;border-radius:3px}
.distributions{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:14px}
.distribution figcaption{font-weight:600;margin-bottom:10px}.distribution svg{display:block;width:100%;height:96px;
border-bottom:1px solid var(--line)}
.d-uploading rect{fill:var(--begun)}.d-processing rect{fill:var(--uploaded)}.d-posting rect{fill:var(--ready)}
.d-whole rect{fill:var(--ended)}
.distribution dl{display:grid;grid-template-columns:repeat(4,auto);justify-content:start;gap:4px 20px;margin:10px 0 0;font-size:14px}
.distribution dt{color:var(--soft);font-size:13px}.distribution dd{margin:0;font-weight:600;
font-variant-numeric:tabular-nums}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(108px,1fr));gap:10px;padding:0;margin:0;
list-style:none}
.pictures li{min-width:0}.pictures a,.pictures span{display:block;border-radius:10px;overflow:hidden;border:1px solid var(--line);
background:var(--card);text-decoration:none}
.pictures img{display:block;width:100%;aspect-ratio:1;object-fit:cover}
.pictures .id{border:0;border-radius:0;padding:0;margin:5px 8px 6px;font-size:12px;line-height:1.35;color:var(--soft);
display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2}
details{margin-bottom:12px;overflow:hidden}summary{cursor:pointer;padding:13px 18px;font-weight:600;
border-left:4px solid var(--tint)}
summary .count{float:right;color:var(--soft);font-weight:400;font-variant-numeric:tabular-nums}
details ul{list-style:none;margin:0;padding:0}details li{display:grid;gap:3px 20px;padding:12px 18px 13px 22px;
border-top:1px solid var(--line);grid-template-columns:minmax(0,1fr) minmax(0,2fr);content-visibility:auto;
contain-intrinsic-size:auto 76px}
details li>*{min-width:0;overflow-wrap:anywhere}.where{grid-row:2/span 2;color:var(--soft);font-size:14px}
.fix,.gained{grid-column:2;color:var(--soft);font-size:14px}.fix::before{content:"→ ";color:var(--tint)}
.note{padding:14px 18px;border-left:4px solid var(--tint);margin-bottom:12px}
footer{margin-top:48px;padding-top:16px;border-top:1px solid var(--line);color:var(--soft);font-size:14px}
@media(max-width:640px){main{padding:24px 16px 40px}h1{font-size:25px}h2{margin-top:34px}h2 small{display:block;margin:2px 0 0}
.totals{grid-template-columns:repeat(2,1fr);gap:10px}.totals dd{font-size:23px}.plot svg{height:130px}.plot.low svg{height:90px}
.timeline,.distribution{padding:14px 14px 12px}.distribution dl{gap:4px 12px}.distribution dt{font-size:12px}.pictures{grid-template-columns:repeat(3,minmax(0,1fr))}.times .wide{display:none}
details li{grid-template-columns:minmax(0,1fr);padding-left:18px}.where{grid-row:auto}.fix,.gained{grid-column:1}}
@media print{body{background:#fff}.card{box-shadow:none;break-inside:avoid}}
"""
