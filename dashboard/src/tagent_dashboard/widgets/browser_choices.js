const YEAR_S = 365 * 24 * 3600;
// Where Streamlit 1.67 keeps a chosen theme: for each path that a page was loaded at.
const themeKey = (path) => `stActiveTheme-${path}-v2`;

function themeNow(paths) {
  for (const path of [location.pathname, ...paths]) {
    const kept = localStorage.getItem(themeKey(path));
    if (kept) return JSON.parse(kept);
  }
  return "System";
}

function choice(name, legend, values, now, choose) {
  const set = document.createElement("fieldset");
  const title = document.createElement("legend");
  title.textContent = legend;
  set.append(title);
  for (const [value, label] of Object.entries(values)) {
    const wrap = document.createElement("label");
    const radio = document.createElement("input");
    radio.type = "radio";
    radio.name = name;
    radio.value = value;
    radio.checked = value === now;
    radio.addEventListener("change", () => choose(value));
    wrap.append(radio, ` ${label}`);
    set.append(wrap);
  }
  return set;
}

export default function ({ data, parentElement }) {
  const form = parentElement.querySelector(".choices");
  const theme = choice("theme", "Theme", data.themes, themeNow(data.paths), (value) => {
    for (const path of new Set([location.pathname, ...data.paths])) {
      localStorage.setItem(themeKey(path), JSON.stringify(value));
    }
    location.reload();
  });
  const refresh = choice("refresh", "Refresh: pages look again every", data.refresh, data.refresh_now, (value) => {
    document.cookie = `${data.refresh_cookie}=${encodeURIComponent(value)}; path=/; max-age=${YEAR_S}; samesite=lax`;
    location.reload();
  });
  form.replaceChildren(theme, refresh);
}
