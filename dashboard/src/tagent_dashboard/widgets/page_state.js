// The browser's title, what is said aloud, and what has to be mended in what Streamlit makes.
const LOST = "Connection error";
const AWAY = "The dashboard is away";
const WHAT_NOW =
  "It does not answer. What is on this page is from before; the page looks again by itself, and goes on once the dashboard is back. " +
  "If it stays away, see whether `tagent up` is still running.";

// Streamlit's own words are of Streamlit and of the internet.
function sayInOurWords() {
  for (const dialog of document.querySelectorAll('[data-testid="stDialog"] [role=dialog]')) {
    const title = dialog.querySelector("h2");
    if (title?.textContent !== LOST) continue;
    title.textContent = AWAY;
    title.nextElementSibling?.replaceChildren(WHAT_NOW);
  }
}

// What scrolls sideways on a phone must be within reach of the keyboard.
function makeReachable() {
  for (const scrolled of document.querySelectorAll('[data-testid="stTable"] > div:not([tabindex])')) scrolled.tabIndex = 0;
}

function mend() {
  sayInOurWords();
  makeReachable();
}

export default function ({ data, parentElement }) {
  if (document.title !== data.title) document.title = data.title;
  const said = parentElement.querySelector("[role=status]");
  if (said.textContent !== data.said) said.textContent = data.said;
  // Streamlit tells its own frame whether it is dark, but not what it opens beside it: dialogs and menus.
  const app = document.querySelector(".stApp");
  if (app) document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme;
  if (window.tagentMends) return;
  window.tagentMends = new MutationObserver(mend);
  window.tagentMends.observe(document.body, { childList: true, subtree: true });
  mend();
}
