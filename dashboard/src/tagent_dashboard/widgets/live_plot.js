// Draws with Plotly.react, which changes what is there instead of building it anew. A stretch of time that a person
// drags over is shown by all the charts of a board, and stays until it is let go.
const SCRIPT = "/brand/plotly.min.js";
const LANE_PX = 15;
const CHARACTER_PX = 6.5;
const DASHES = { solid: "", dash: "6 4", dot: "2 3", dashdot: "6 3 2 3", longdash: "10 4" };

function plotly() {
  window.tagentPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error(`cannot load ${SCRIPT}`));
    document.head.append(script);
  });
  return window.tagentPlotly;
}

function themeOf(element) {
  const style = getComputedStyle(element);
  const of = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  return {
    text: of("--st-text-color", "#0f172a"),
    grid: of("--st-border-color", "#cbd5e1"),
    hover: of("--st-secondary-background-color", "#f1f5f9"),
    font: of("--st-font", "sans-serif"),
  };
}

const lanesOf = (bands) => Math.max(0, ...bands.map((band) => band.lane + 1));

function millisecondsOf(at) {
  return typeof at === "number" ? at : Date.parse(`${String(at).replace(" ", "T").replace(/Z?$/, "")}Z`);
}

// What is marked: a light shade behind the lines, and above them a strip with its label, which stays in sight when only a part of it is.
function marked(bands, range, plot, theme) {
  const [from, to] = (range || [-Infinity, Infinity]).map(millisecondsOf);
  const seen = bands.filter((band) => band.end > from && band.start < to);
  const at = (px) => 1 + px / plot.height;
  const shapes = seen.flatMap((band) => {
    const across = { xref: "x", yref: "paper", type: "rect", x0: band.start, x1: band.end, fillcolor: band.colour, line: { width: 0 } };
    const shade = { ...across, y0: 0, y1: 1, opacity: 0.08, layer: "below" };
    const begin = { ...across, x1: band.start, y0: 0, y1: 1, opacity: 0.6, line: { width: 1, color: band.colour } };
    if (band.lane < 0) return [shade, begin];
    return [shade, begin, { ...across, y0: at(2 + LANE_PX * band.lane), y1: at(LANE_PX * (band.lane + 1)), opacity: 0.35 }];
  });
  const annotations = seen.filter((band) => band.lane >= 0).map((band) => {
    const x = Math.max(band.start, from);
    // Near the right end a label ends where the chart does.
    const isLate = Number.isFinite(to) && ((to - x) / (to - from)) * plot.width < band.label.length * CHARACTER_PX;
    return {
      xref: "x", yref: "paper", x: isLate ? to : x, y: 1, xanchor: isLate ? "right" : "left", yanchor: "bottom", xshift: isLate ? 0 : 2,
      yshift: LANE_PX * band.lane, text: band.label, showarrow: false, font: { size: 11, color: theme.text }, borderpad: 0,
    };
  });
  return { shapes, annotations };
}

function layoutOf(panel, zoom, width, theme) {
  const layout = panel.figure.layout || {};
  const axis = { gridcolor: theme.grid, linecolor: theme.grid, zerolinecolor: theme.grid, color: theme.text, automargin: true };
  const bands = panel.bands || [];
  const lanes = LANE_PX * lanesOf(bands);
  const margin = { l: 44, r: 10, t: 8 + lanes, b: 26 };
  const out = {
    margin,
    showlegend: false,
    hovermode: "x unified",
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    ...layout,
    width,
    height: panel.height + lanes,
    autosize: false,
    uirevision: "kept",
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: theme.font, size: 12, color: theme.text, ...(layout.font || {}) },
    hoverlabel: { bgcolor: theme.hover, font: { color: theme.text } },
  };
  for (const name of Object.keys(out)) {
    if (/^[xy]axis\d*$/.test(name)) out[name] = { ...axis, ...out[name] };
  }
  out.xaxis ??= axis;
  out.yaxis ??= axis;
  if (zoom) out.xaxis = { ...out.xaxis, range: zoom, autorange: false };
  if (bands.length) {
    const plot = { width: width - margin.l - margin.r, height: out.height - margin.t - margin.b };
    const { shapes, annotations } = marked(bands, out.xaxis.range, plot, theme);
    out.shapes = [...(out.shapes || []), ...shapes];
    out.annotations = [...(out.annotations || []), ...annotations];
  }
  return out;
}

function element(kind, name, text = "") {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = text;
  return made;
}

function swatch(entry) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("width", "18");
  svg.setAttribute("height", "8");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(svg.namespaceURI, "line");
  const given = { x1: 0, y1: 4, x2: 18, y2: 4, stroke: entry.colour, "stroke-width": 2.5, "stroke-dasharray": DASHES[entry.dash] ?? "" };
  for (const [name, value] of Object.entries(given)) line.setAttribute(name, value);
  svg.append(line);
  return svg;
}

function headed(cell, panel) {
  cell.head.replaceChildren();
  if (!panel.title) return;
  cell.head.append(element("span", "live-plot-title", panel.title));
  for (const entry of panel.legend || []) {
    const said = element("span", "live-plot-legend");
    if (entry.label) said.append(swatch(entry), element("span", "", entry.label));
    said.append(element("strong", "", entry.value));
    cell.head.append(said);
  }
}

function cellOf(board, number) {
  board.cells[number] ??= (() => {
    const root = element("figure", "live-plot-cell");
    const head = element("figcaption", "live-plot-head");
    const plot = element("div", "live-plot");
    plot.setAttribute("role", "img");
    root.append(head, plot);
    board.grid.append(root);
    return { root, head, plot, drawn: "", isWired: false };
  })();
  return board.cells[number];
}

function wire(board, cell) {
  if (cell.isWired) return;
  cell.isWired = true;
  cell.plot.on("plotly_relayout", (change) => {
    const range = change["xaxis.range"] || [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    if (range[0] === undefined || range[1] === undefined) return;
    board.zoom = range;
    board.draw();
  });
  cell.plot.on("plotly_doubleclick", () => { board.zoom = null; board.draw(); });
}

function drawAll(Plotly, board) {
  const { panels } = board.data;
  const theme = themeOf(board.grid);
  board.letGo.hidden = !board.zoom;
  // All of them are there before one is drawn, since how wide each is depends on how many there are.
  const cells = panels.map((_, number) => cellOf(board, number));
  board.cells.splice(panels.length).forEach((cell) => { Plotly.purge(cell.plot); cell.root.remove(); });
  panels.forEach((panel, number) => {
    const cell = cells[number];
    const width = cell.plot.clientWidth;
    const drawn = JSON.stringify([panel, board.zoom, theme, width]);
    if (cell.drawn === drawn || width === 0) return;
    cell.drawn = drawn;
    headed(cell, panel);
    cell.plot.setAttribute("aria-label", panel.description);
    Plotly.react(cell.plot, panel.figure.data, layoutOf(panel, board.zoom, width, theme), {
      displayModeBar: false, doubleClick: false, showTips: false,
    });
    wire(board, cell);
  });
}

export default function (component) {
  const { data, parentElement } = component;
  const grid = parentElement.querySelector(".live-plots");
  const board = (grid.tagentBoard ??= { grid, cells: [], zoom: null, letGo: parentElement.querySelector(".live-plot-let-go") });
  board.data = data;
  let isGone = false;
  plotly().then((Plotly) => {
    if (isGone) return;
    board.draw = () => drawAll(Plotly, board);
    board.observer ??= new ResizeObserver(() => board.draw());
    board.observer.observe(grid);
    board.letGo.onclick = () => { board.zoom = null; board.draw(); };
    board.draw();
  }).catch((error) => { grid.textContent = `The charts cannot be drawn: ${error.message}.`; });
  return () => {
    isGone = true;
    board.observer?.disconnect();
  };
}
