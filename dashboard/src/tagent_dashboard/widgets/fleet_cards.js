// Cards are text and nothing else: whatever a name or a reason holds, it is shown and not obeyed.
const LINE_WIDTH = 240;
const LINE_HEIGHT = 36;
const SVG = "http://www.w3.org/2000/svg";
const ACTIONS = [["latency", "Inject Latency"], ["error", "Inject Error"], ["recover", "Recover"]];

function part(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

function icon(name) {
  const made = part("span", "icon", name);
  made.setAttribute("aria-hidden", "true");
  made.translate = false;
  return made;
}

// A plain link: to leave the page from within costs the browser's way back its filters (Streamlit 1.67 writes two entries into its history).
function link(face) {
  const made = part("a", "name", face.name);
  made.href = `/service?${new URLSearchParams({ name: face.service })}`;
  return made;
}

function buttons(face, list) {
  const made = part("div", "actions");
  for (const [what, words] of ACTIONS) {
    const button = part("button", "", words);
    button.type = "button";
    button.addEventListener("click", () => list.wish(what, face.service));
    made.append(button);
  }
  return made;
}

// What stays for as long as the card does; `fill` puts in what changes, so that a button is never taken from under a finger.
function empty(face, list) {
  const item = part("li", "card");
  item.dataset.service = face.service;
  const head = part("div", "head");
  head.append(link(face), part("span", "badge"));
  item.append(head, part("div", "body"));
  if (list.mayOperate) item.append(buttons(face, list));
  return item;
}

function figures(face) {
  const made = part("p", "figures");
  face.figures.forEach(([text, label], place) => {
    made.append(place ? " \u00B7 " : "", part("strong", "", text), ` ${label}`);
  });
  return made;
}

function fault(line) {
  const made = part("p", "fault");
  const sign = icon(line.icon);
  sign.classList.add(line.colour);
  made.append(sign, " ", part("strong", "", line.type), " ", part(line.is_late ? "strong" : "span", "", line.text));
  return made;
}

// It ends at the right, and is as long as what is known.
function trend({ points, points_max, scale_at_least, description }) {
  const svg = document.createElementNS(SVG, "svg");
  const title = document.createElementNS(SVG, "title");
  const line = document.createElementNS(SVG, "polyline");
  for (const [name, value] of Object.entries({
    class: "trend", role: "img", "aria-label": description, viewBox: `0 0 ${LINE_WIDTH} ${LINE_HEIGHT}`, preserveAspectRatio: "none",
  })) svg.setAttribute(name, value);
  title.textContent = description;
  const top = Math.max(...points, scale_at_least);
  const step = LINE_WIDTH / (points_max - 1);
  const x = (place) => LINE_WIDTH - (points.length - 1 - place) * step;
  const y = (value) => LINE_HEIGHT - 2 - (value / top) * (LINE_HEIGHT - 4);
  line.setAttribute("points", points.map((value, place) => `${x(place).toFixed(1)},${y(value).toFixed(1)}`).join(" "));
  svg.append(title, line);
  return svg;
}

function fill(item, face) {
  const drawn = JSON.stringify(face);
  if (item.drawn === drawn) return;
  item.drawn = drawn;
  const badge = item.querySelector(".badge");
  badge.className = `badge ${face.colour}`;
  badge.replaceChildren(icon(face.icon), " ", face.health);
  const body = [part("p", "since", face.since), figures(face), ...face.faults.map(fault)];
  if (face.why) body.unshift(part("p", "why", face.why));
  if (face.trend) body.push(trend(face.trend));
  item.querySelector(".body").replaceChildren(...body);
}

function reconcile(list, { faces, may_operate: mayOperate }) {
  if (list.mayOperate !== mayOperate) list.replaceChildren();
  list.mayOperate = mayOperate;
  const known = new Map([...list.children].map((item) => [item.dataset.service, item]));
  const focused = list.getRootNode().activeElement;
  faces.forEach((face, place) => {
    const item = known.get(face.service) ?? empty(face, list);
    known.delete(face.service);
    fill(item, face);
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
  });
  for (const gone of known.values()) gone.remove();
  // A card that moves up loses the focus of the button on it.
  if (focused?.isConnected && list.contains(focused)) focused.focus({ preventScroll: true });
}

export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".cards");
  list.wish = (what, service) => setTriggerValue("wish", { what, service });
  reconcile(list, data);
}
