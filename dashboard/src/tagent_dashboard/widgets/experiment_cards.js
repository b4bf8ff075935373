// Rows are text and nothing else: whatever a title or a verdict's sentence holds, it is shown and not obeyed.
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
function link(page, query, name, text) {
  const made = part("a", name, text);
  made.href = `/${page}?${new URLSearchParams(query)}`;
  return made;
}

// What stays for as long as the row does; `fill` puts in what changes, so that a button is never taken from under a finger.
function empty(row, list) {
  const item = part("li", "experiment");
  item.dataset.experiment = row.name;
  const side = part("div", "side");
  if (list.mayRun) {
    const button = part("button", "", "Run\u2026");
    button.type = "button";
    button.setAttribute("aria-label", `Run ${row.name}`);
    button.addEventListener("click", () => { if (button.getAttribute("aria-disabled") !== "true") list.wish(row.name); });
    side.append(button);
  }
  item.append(part("div", "told"), side);
  return item;
}

function head(row) {
  const made = part("div", "head");
  const state = part("span", `badge ${row.colour}`);
  state.append(icon(row.icon), " ", row.word);
  made.append(state, part("h3", "title", row.title));
  return made;
}

function lastRun(row) {
  const made = part("div", "last");
  if (row.marks.length) made.append(marks(row));
  made.append(link("experiments", { run: row.last_run }, "run", `${row.is_open ? "The run" : "Last run"} ${row.last}`));
  if (row.why) made.append(part("span", "why", row.why));
  return made;
}

function about(row) {
  const made = part("p", "about");
  made.append(part("code", "", row.name), " on ");
  row.targets.forEach((name, place) => made.append(place ? ", " : "", link("service", { name }, "target", name)));
  for (const tag of row.tags) made.append(" ", part("span", "tag", tag));
  if (row.note) made.append(` \u00B7 ${row.note}`);
  return made;
}

function marks(row) {
  const made = part("ol", "marks");
  made.setAttribute("aria-label", "Latest runs, the newest last");
  for (const mark of row.marks) {
    const item = document.createElement("li");
    const way = link("experiments", { run: mark.run }, `mark ${mark.colour}`, mark.shape);
    way.title = mark.text;
    way.setAttribute("aria-label", mark.text);
    item.append(way);
    made.append(item);
  }
  return made;
}

function fill(item, row) {
  const drawn = JSON.stringify(row);
  if (item.drawn === drawn) return;
  item.drawn = drawn;
  const told = [head(row)];
  if (row.hypothesis) told.push(part("p", "hypothesis", row.hypothesis));
  if (row.last_run) told.push(lastRun(row));
  told.push(about(row));
  item.querySelector(".told").replaceChildren(...told);
  const button = item.querySelector("button");
  if (!button) return;
  button.setAttribute("aria-disabled", row.is_open);
  button.title = row.is_open ? "A run of it waits or goes on already" : "";
}

function reconcile(list, { rows, may_run: mayRun }) {
  if (list.mayRun !== mayRun) list.replaceChildren();
  list.mayRun = mayRun;
  const known = new Map([...list.children].map((item) => [item.dataset.experiment, item]));
  const focused = list.getRootNode().activeElement;
  rows.forEach((row, place) => {
    const item = known.get(row.name) ?? empty(row, list);
    known.delete(row.name);
    fill(item, row);
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
  });
  for (const gone of known.values()) gone.remove();
  // A row that moves loses the focus of the button on it.
  if (focused?.isConnected && list.contains(focused)) focused.focus({ preventScroll: true });
}

export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".experiments");
  list.wish = (name) => setTriggerValue("wish", name);
  reconcile(list, data);
}
