// Colours: of the theme, of boxes in the dark, and of heat maps.

/** Red, green and blue of "#rrggbb", each from 0 to 255. */
function channels(color) {
  return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
}

function hex(rgb) {
  return `#${rgb
    .map((part) =>
      Math.round(Math.min(255, Math.max(0, part)))
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}

/** A colour between two, at a part of the way. */
function blend(from, to, part) {
  const [a, b] = [channels(from), channels(to)];
  return hex(a.map((each, i) => each + (b[i] - each) * part));
}

const darkened = new Map();

/** The colour that stands for a light theme's one in the present theme: the same hue, light and dark exchanged. */
function themed(color) {
  if (!state.dark) return color;
  if (!darkened.has(color)) {
    const rgb = channels(color).map((part) => part / 255);
    const [low, high] = [Math.min(...rgb), Math.max(...rgb)];
    const lightness = (low + high) / 2;
    const isFill = lightness > 0.8;
    // Fills turn dark, ink turns light; the colours of lines become as light as is needed to be seen.
    const target = isFill || lightness < 0.2 ? 0.08 + (1 - lightness) * 0.9 : 0.66;
    // The same hue at another lightness: the distance to grey, in proportion to the room that there is for it.
    const room = (light) => 1 - Math.abs(2 * light - 1);
    const vivid = isFill ? 0.5 : 0.9; // pale fills would glow
    const factor = room(lightness) ? (room(target) / room(lightness)) * vivid : 0;
    darkened.set(color, hex(rgb.map((part) => (target + (part - lightness) * factor) * 255)));
  }
  return darkened.get(color);
}

const paints = {
  get paper() {
    return state.dark ? "#0d1117" : "#ffffff";
  },
  get accent() {
    return state.dark ? "#4493f8" : "#0969da";
  },
  get back() {
    return state.dark ? "#b78aff" : "#8250df";
  },
  get found() {
    return state.dark ? "#d29922" : "#bf8700";
  },
  get ink() {
    return state.dark ? "#e6edf3" : data.colors.ink;
  },
  get faint() {
    return state.dark ? "#9198a1" : data.colors.faint;
  },
  get bad() {
    return state.dark ? "#ff7b72" : data.colors.trouble;
  },
  get good() {
    return state.dark ? "#3fb950" : "#1a7f37";
  },
};

/** The colour of a value from -1 to 1: blue below 0, orange above, nothing at 0. */
function signedColor(part) {
  const ends = state.dark ? ["#58a6ff", "#ffa657"] : ["#0a5fc4", "#e05d00"];
  const middle = state.dark ? "#161b22" : "#ffffff";
  return blend(middle, part < 0 ? ends[0] : ends[1], Math.min(1, Math.abs(part)) ** 0.8);
}

/** The colour of a share from 0 to 1. */
function heatColor(share) {
  const stops = state.dark ? ["#151b23", "#7a3b00", "#ff9a3c"] : ["#fffdf5", "#ffd27f", "#e8590c"];
  return share < 0.5 ? blend(stops[0], stops[1], share * 2) : blend(stops[1], stops[2], share * 2 - 1);
}

const SHADES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy";
const MIDDLE = (SHADES.length - 1) / 2;

const cellColors = new Map();

/** The colour of a letter of a heat map; null for a gap. */
function cellColor(letter) {
  const key = `${letter} ${state.dark}`;
  if (!cellColors.has(key)) cellColors.set(key, colorOfCell(letter));
  return cellColors.get(key);
}

function colorOfCell(letter) {
  if (letter === ".") return null;
  if (letter === "!") return "#e5007d"; // nan
  if (letter === "+" || letter === "-") return state.dark ? "#ffffff" : "#000000"; // an infinity
  return signedColor((SHADES.indexOf(letter) - MIDDLE) / MIDDLE);
}
