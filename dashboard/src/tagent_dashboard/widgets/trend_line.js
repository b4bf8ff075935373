// A line of a few numbers: no axes, no library. It ends at the right, and is as long as what is known.
const WIDTH = 240;
const HEIGHT = 36;

export default function ({ data, parentElement }) {
  const { points, points_max, description } = data;
  const svg = parentElement.querySelector("svg");
  svg.setAttribute("aria-label", description);
  svg.querySelector("title").textContent = description;
  const top = Math.max(...points, data.at_least);
  const step = WIDTH / (points_max - 1);
  const place = (value, i) => `${(WIDTH - (points.length - 1 - i) * step).toFixed(1)},${(HEIGHT - 2 - (value / top) * (HEIGHT - 4)).toFixed(1)}`;
  svg.querySelector("polyline").setAttribute("points", points.map(place).join(" "));
}
