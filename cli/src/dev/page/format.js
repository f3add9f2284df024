// Numbers, times and keys as text.

const whole = new Intl.NumberFormat("en");
const fine = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

/** A number with as many digits as tell something. */
export function number(value) {
  if (typeof value !== "number") return value === null || value === undefined ? "–" : String(value);
  return Number.isInteger(value) || Math.abs(value) >= 10_000 ? whole.format(Math.round(value)) : fine.format(value);
}

/** `1 alert`, `2 alerts`. */
export function count(amount, noun) {
  return `${number(amount)} ${noun}${amount === 1 ? "" : "s"}`;
}

/** Bytes in the unit that fits. */
export function bytes(value) {
  let unit = 0;
  while (value >= 1024 && unit < 4) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(unit && value < 10 ? 1 : 0)} ${["B", "KiB", "MiB", "GiB", "TiB"][unit]}`;
}

/** Seconds as `350 ms`, `12 s`, `5 min`, `3 h` or `2 d`. */
export function seconds(value) {
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 120) return `${Math.round(value)} s`;
  if (value < 7200) return `${Math.round(value / 60)} min`;
  if (value < 172_800) return `${Math.round(value / 3600)} h`;
  return `${Math.round(value / 86_400)} d`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A time of the server, in UTC: today only by the clock. */
export function time(text) {
  const today = new Date().toISOString().slice(0, 10);
  return text.startsWith(today) ? text.slice(11, 19) : `${day(text)} ${text.slice(11, 19)}`;
}

/** Seconds since 1970 as a tick of a plot, whose ticks are `step` seconds apart. */
export function tick(at, step) {
  const text = new Date(at * 1000).toISOString();
  if (text.slice(11, 19) === "00:00:00" && step >= 60) return day(text);
  return step < 60 ? text.slice(11, 19) : text.slice(11, 16);
}

function day(text) {
  return `${MONTHS[Number(text.slice(5, 7)) - 1]} ${Number(text.slice(8, 10))}`;
}

/** A key as the command writes it: `userId=alice service=shop`. */
export function key(values) {
  const parts = Object.entries(values ?? {}).map(([name, value]) => `${name}=${scalar(value)}`);
  return parts.join(" ");
}

/** A value of an event or a window. */
export function scalar(value) {
  if (typeof value === "number") return number(value);
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "–");
}
