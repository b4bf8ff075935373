// Draws with Plotly.react, which changes what is there instead of building it anew.
const SCRIPT = "/brand/plotly.min.js";

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

function themed(element, layout, height) {
  const style = getComputedStyle(element);
  const of = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const text = of("--st-text-color", "#0f172a");
  const grid = of("--st-border-color", "#cbd5e1");
  const axis = { gridcolor: grid, linecolor: grid, zerolinecolor: grid, color: text };
  const out = {
    margin: { l: 48, r: 8, t: 8, b: 28 },
    showlegend: false,
    hovermode: "x unified",
    dragmode: "zoom",
    ...layout,
    height,
    autosize: true,
    uirevision: "kept",
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: of("--st-font", "sans-serif"), size: 12, color: text, ...(layout.font || {}) },
    hoverlabel: { bgcolor: of("--st-secondary-background-color", "#f1f5f9"), font: { color: text } },
  };
  for (const name of Object.keys(out)) {
    if (/^[xy]axis\d*$/.test(name)) out[name] = { ...axis, ...out[name] };
  }
  out.xaxis ??= axis;
  out.yaxis ??= axis;
  return out;
}

export default function (component) {
  const { data, parentElement } = component;
  const element = parentElement.querySelector(".live-plot");
  element.setAttribute("aria-label", data.description);
  let isGone = false;
  plotly().then((Plotly) => {
    if (isGone) return;
    const { figure, height } = data;
    return Plotly.react(element, figure.data, themed(element, figure.layout || {}, height), {
      displayModeBar: false,
      responsive: true,
      doubleClick: "reset",
      showTips: false,
    });
  }).catch((error) => { element.textContent = `This chart cannot be drawn: ${error.message}.`; });
  return () => { isGone = true; };
}
