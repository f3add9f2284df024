// Plots over time, drawn by uPlot: one line each, with threshold lines and shaded episodes.

import { h } from "./dom.js";
import { number, tick, time } from "./format.js";

/* global uPlot */

const living = new Set();

/**
 * A plot of `{label, times, values, thresholds, episodes, height, group}`: times in Unix seconds, `thresholds` as
 * `{op, value, severity}`, `episodes` as `{from, to, severity}`; what is a `rate` is drawn from zero. Plots of one group share their cursor.
 */
export function plot(data) {
  return h("div.plot", { key: data.label, draw: (element) => (element.plot ??= new Plot(element)).show(data) });
}

/** Draws all plots in the colours of the theme, which has changed. */
export function repaint() {
  for (const one of living) one.build();
}

class Plot {
  constructor(element) {
    this.label = h("span.plot-label");
    this.value = h("span.plot-value");
    this.canvas = h("div.plot-canvas", { role: "img" });
    element.replaceChildren(h("div.plot-head", this.label, this.value), this.canvas);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.canvas);
    element.gone = () => {
      living.delete(this);
      this.observer.disconnect();
      this.drawing?.destroy();
    };
    living.add(this);
  }

  show(data) {
    const before = this.data;
    this.data = data;
    this.label.textContent = data.label;
    this.label.title = data.label;
    this.canvas.setAttribute("aria-label", described(data));
    if (before?.times === data.times && before?.values === data.values) return;
    if (this.drawing) this.drawing.setData([data.times, data.values]);
    else this.build();
    this.read();
  }

  build() {
    this.drawing?.destroy();
    this.canvas.style.height = `${this.data.height}px`;
    const paint = colors();
    this.drawing = new uPlot(this.options(paint), [this.data.times, this.data.values], this.canvas);
    this.read();
  }

  resize() {
    const width = this.canvas.clientWidth;
    if (this.drawing && width > 0 && width !== this.drawing.width) this.drawing.setSize({ width, height: this.data.height });
  }

  options(paint) {
    const axis = { stroke: paint("muted"), font: "11px system-ui, sans-serif", ticks: { show: false } };
    const grid = { stroke: paint("grid"), width: 1 };
    return {
      width: this.canvas.clientWidth || 300,
      height: this.data.height,
      padding: [8, 16, 0, 0],
      legend: { show: false },
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      cursor: { drag: { x: false, y: false }, points: { size: 6 }, sync: { key: this.data.group ?? null }, y: false },
      scales: {
        x: { range: () => this.span() },
        y: { range: (_, low, high) => this.range(low, high) },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 24,
          gap: 4,
          space: 72,
          values: (_, ticks, __, ___, step) => ticks.map((at) => tick(at, step)),
        },
        { ...axis, grid, size: 52, gap: 6, space: 28, values: (_, ticks) => ticks.map(short) },
      ],
      series: [
        {},
        {
          stroke: paint("accent"),
          width: 1.5,
          fill: paint("accent-wash"),
          points: { show: this.data.times.length < 3, size: 5 },
        },
      ],
      hooks: {
        drawClear: [(drawing) => this.episodes(drawing, paint)],
        draw: [(drawing) => this.thresholds(drawing, paint)],
        setCursor: [() => this.read()],
      },
    };
  }

  /** All times, and some around a single one. */
  span() {
    const { times } = this.data;
    const [from, to] = [times[0], times[times.length - 1]];
    return from === to ? [from - 1800, to + 1800] : [from, to];
  }

  /** From zero, unless what changes would be too small to see; with every threshold in sight. */
  range(low, high) {
    const values = [low, high, ...(this.data.thresholds ?? []).map((one) => one.value)].filter((one) => Number.isFinite(one));
    if (!values.length) return [0, 1];
    let from = Math.min(...values);
    let to = Math.max(...values);
    if (from >= 0 && (this.data.rate || to - from >= to * 0.4)) from = 0;
    if (from === to) return from === 0 ? [0, 1] : [Math.min(0, from * 1.2), Math.max(0, to * 1.2)];
    const margin = (to - from) * 0.12;
    return [from === 0 ? 0 : from - margin, to + margin];
  }

  episodes(drawing, paint) {
    const { ctx, bbox } = drawing;
    ctx.save();
    for (const { from, to, severity } of this.data.episodes ?? []) {
      const x = (at) => Math.min(Math.max(drawing.valToPos(at, "x", true), bbox.left), bbox.left + bbox.width);
      const left = x(from);
      const width = Math.max(x(to ?? Infinity) - left, 1);
      ctx.fillStyle = paint(known(severity));
      ctx.globalAlpha = 0.13;
      ctx.fillRect(left, bbox.top, width, bbox.height);
      ctx.globalAlpha = 0.9;
      ctx.fillRect(left, bbox.top, width, 2 * devicePixelRatio);
    }
    ctx.restore();
  }

  thresholds(drawing, paint) {
    const { ctx, bbox } = drawing;
    ctx.save();
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = "right";
    for (const { op, value, severity } of this.data.thresholds ?? []) {
      const y = Math.round(drawing.valToPos(value, "y", true));
      ctx.strokeStyle = ctx.fillStyle = paint(known(severity));
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      const above = y - bbox.top > 16 * devicePixelRatio;
      ctx.textBaseline = above ? "bottom" : "top";
      ctx.fillText(`${op} ${number(value)}`, bbox.left + bbox.width - 3, y + (above ? -2 : 3) * devicePixelRatio);
    }
    ctx.restore();
  }

  /** Says the value beneath the cursor, else the last. */
  read() {
    const { times, values } = this.data;
    const index = this.drawing?.cursor.idx ?? null;
    const text =
      index === null ? number(last(values)) : `${time(new Date(times[index] * 1000).toISOString())}   ${number(values[index])}`;
    if (this.value.textContent !== text) this.value.textContent = text;
  }
}

function described({ label, values, thresholds, episodes }) {
  const lines = (thresholds ?? []).map((one) => `, threshold ${one.op} ${number(one.value)}`).join("");
  const fired = episodes?.length ? `, ${episodes.length} episodes` : "";
  return `${label} over time: now ${number(last(values))}${lines}${fired}`;
}

function last(values) {
  return values.findLast((one) => one !== null && one !== undefined) ?? null;
}

function known(severity) {
  return ["critical", "warning", "info"].includes(severity) ? severity : "muted";
}

/** The colours of the theme, by name, as a canvas takes them. */
function colors() {
  const probe = document.body.appendChild(h("span", { hidden: true }));
  const known = {};
  for (const name of ["muted", "grid", "accent", "accent-wash", "critical", "warning", "info"]) {
    probe.style.color = `var(--${name})`;
    known[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return (name) => known[name];
}

/** A number on an axis. */
function short(value) {
  for (const [size, unit] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e4, "k"],
  ]) {
    if (Math.abs(value) >= size) return number(value / (unit === "k" ? 1e3 : size)) + unit;
  }
  return number(value);
}
