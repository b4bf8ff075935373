// Rows are text and nothing else: whatever a name or a message holds, it is shown and not obeyed.
function part(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

// A plain link: to leave the page from within costs the browser's way back its filters (Streamlit 1.67 writes two entries into its history).
function link(to) {
  const made = part("a", "link", to.label);
  made.href = `/${to.page}?${new URLSearchParams(to.query)}`;
  return made;
}

function closer(row) {
  const list = part("dl", "more");
  for (const [name, value] of row.more) list.append(part("dt", "", name), part("dd", "", value));
  return list;
}

function drawn(row) {
  const item = part("li", `event ${row.tone}`);
  item.dataset.cursor = row.cursor;
  const time = part("time", "at", row.at);
  time.dateTime = `${row.day}T${row.at}Z`;
  time.title = `${row.day} ${row.at} UTC`;
  const what = part("details", "what");
  const head = part("summary", "");
  head.append(part("span", "shape", row.shape), part("span", "type", row.type), part("span", "text", row.text));
  if (row.why) head.append(part("span", "why", `why: ${row.why}`));
  what.append(head, closer(row));
  const about = part("span", "about");
  about.append(...row.links.map(link));
  item.append(time, what, about, part("span", "actor", row.actor && `by ${row.actor}`));
  return item;
}

function dayLine(day) {
  const item = part("li", "day", `${day}, UTC`);
  item.dataset.cursor = `day ${day}`;
  return item;
}

// Keeps the nodes of events that stay, so that what is open stays open and nothing flickers.
function reconcile(list, rows) {
  const known = new Map([...list.children].map((item) => [item.dataset.cursor, item]));
  const wanted = [];
  let day = null;
  for (const row of rows) {
    if (row.day !== day) wanted.push(known.get(`day ${row.day}`) ?? dayLine(row.day));
    day = row.day;
    wanted.push(known.get(row.cursor) ?? drawn(row));
  }
  const staying = new Set(wanted);
  for (const item of known.values()) if (!staying.has(item)) item.remove();
  wanted.forEach((item, place) => {
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
  });
}

export default function ({ data, parentElement }) {
  reconcile(parentElement.querySelector(".event-log"), data.rows);
}
