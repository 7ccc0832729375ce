// Script of the report. The page is complete without it: it adds values under the pointer, zoom over
// hours, a choice of scenario and DERs, and sorting of tables. All texts from the run are set as
// text, never as markup.
"use strict";
(() => {
	const data = JSON.parse(document.getElementById("data").textContent);
	const steps = data.steps.length - 1;
	// The reader's view, shared by all figures over time.
	const view = {from: 0, to: steps, scenario: -1, hidden: new Set()};
	const charts = [];
	const unit = data.stops ? "days" : "hours"; // of the lists of the view

	// ---- Small helpers ----

	const element = (name, attributes = {}, ...children) => {
		const e = document.createElement(name);
		for (const [k, v] of Object.entries(attributes)) {
			if (k in e) e[k] = v; else e.setAttribute(k, v);
		}
		e.append(...children);
		return e;
	};
	const shape = (parent, name, attributes, ink) => {
		const e = document.createElementNS("http://www.w3.org/2000/svg", name);
		for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
		if (ink) e.style.setProperty(attributes.fill === "none" || name === "line" ? "stroke" : "fill", ink);
		parent.append(e);
		return e;
	};

	// number formats as the page does: thousands with a comma, a true minus sign, no negative zero.
	const number = (v, decimals) => {
		if (v === null || !Number.isFinite(v)) return "–";
		const digits = Math.abs(v).toLocaleString("en-US", {minimumFractionDigits: decimals, maximumFractionDigits: decimals});
		return (v < 0 && /[1-9]/.test(digits) ? "−" : "") + digits;
	};
	const value = (v) => number(v, v !== 0 && Math.abs(v) < 1 ? 3 : 2);

	// nice returns round marks that cover a range, about n of them.
	const nice = (low, high, n) => {
		if (!(low < high)) [low, high] = [low - 1, high + 1];
		let step = 10 ** Math.floor(Math.log10((high - low) / n));
		step *= [1, 2, 2.5, 5, 10].find((k) => (high - low) / (k * step) <= n) || 10;
		const marks = [];
		for (let k = Math.floor(low / step + 1e-9); k <= Math.ceil(high / step - 1e-9); k++) marks.push(k * step);
		let decimals = 0;
		while (decimals < 9 && Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-6) decimals++;
		const axis = {low: marks[0], high: marks[marks.length - 1], marks, decimals}, room = 0.04 * (high - low);
		// A mark far outside the data would waste height, so the axis ends after a small margin.
		if (low - axis.low > 0.35 * step) { axis.low = low - room; marks.shift(); }
		if (axis.high - high > 0.35 * step) { axis.high = high + room; marks.pop(); }
		return axis;
	};

	// ---- Tooltip ----

	const tip = element("div", {className: "tip", hidden: true});
	const said = element("p", {className: "said"});
	said.setAttribute("aria-live", "polite");
	document.body.append(tip, said);

	// show puts the tooltip beside a place of the window, inside its borders.
	const show = (x, y, ...content) => {
		tip.replaceChildren(...content);
		tip.hidden = false;
		tip.style.left = 0; // its width must not depend on its last place
		const box = tip.getBoundingClientRect(), wide = document.documentElement.clientWidth;
		const left = x + 14 + box.width < wide ? x + 14 : Math.max(4, x - 14 - box.width);
		tip.style.left = left + "px";
		tip.style.top = Math.max(4, Math.min(y + 14, window.innerHeight - box.height - 4)) + "px";
	};
	const hide = () => { tip.hidden = true; };
	window.addEventListener("scroll", hide, {passive: true});
	document.addEventListener("pointerdown", (e) => { if (!e.target.closest(".chart svg, .marks")) hide(); });

	// ---- Values of a series ----

	const parts = (s) => s.parts.filter((p) => !p.der || !view.hidden.has(p.der));
	const weight = (s, n) => (s.mean && n > 0 ? 1 / n : 1);

	// at returns supply and use of a stack, and only the first for all other series.
	const at = (s, t, scenario = view.scenario) => {
		let above = 0, below = 0, known = false;
		const list = parts(s);
		for (const p of list) {
			if (scenario < 0 || !p.paths) {
				if (p.mean[t] === null) continue;
				above += p.mean[t];
				below += p.use ? p.use[t] : 0;
			} else if (s.draw === "stack") {
				above += Math.max(p.paths[scenario][t], 0);
				below += Math.max(-p.paths[scenario][t], 0);
			} else {
				above += p.paths[scenario][t];
			}
			known = true;
		}
		const w = weight(s, list.length);
		return known ? [above * w, below * w] : null;
	};
	// start returns the value of a stock at time 0, null if it is unknown.
	const start = (s) => {
		const list = parts(s);
		return list.length && list.every((p) => "start" in p) ? list.reduce((sum, p) => sum + p.start, 0) * weight(s, list.length) : null;
	};
	// scenariosOf returns the scenarios that a fan draws, the likeliest ones last.
	const order = data.probabilities.map((_, s) => s).sort((a, b) => data.probabilities[a] - data.probabilities[b]).slice(-60);
	const scenariosOf = (s) => (s.fan && s.parts.some((p) => p.paths) ? order : []);

	// label returns the name of a series: of a group with the number of shown members.
	const label = (s) => {
		const n = s.parts.length, list = parts(s);
		if (n === 1 || list.length === 1 && s.parts[0].der) return n === 1 ? s.name : list[0].der;
		return (list.length < n ? list.length + " of " : "") + n + " × " + s.name + (s.mean && s.draw !== "strip" ? ", mean" : "");
	};

	// ---- Figures over time ----

	class Chart {
		// starts are the first steps of the values and the end, for a figure with one value per day;
		// without them there is one value per step.
		constructor(figure, panels, starts) {
			this.figure = figure;
			this.panels = panels;
			this.starts = starts;
			this.off = new Set(); // series without a DER that the reader has hidden
			this.cursor = -1;
			this.box = element("div", {className: "chart", tabIndex: 0});
			this.box.setAttribute("role", "group");
			this.box.setAttribute("aria-label", figure.querySelector(".title").textContent + ". Arrow keys read the values, + and − zoom, 0 shows all " + unit + ".");
			this.legend = element("div", {className: "legend"});
			this.box.append(this.legend);
			figure.querySelector(".drawing").after(this.box);
			figure.classList.add("live");
			this.box.addEventListener("keydown", (e) => this.key(e));
			this.box.addEventListener("blur", () => this.leave());
		}

		// shown reports whether a series has something to draw.
		shown(s) { return !this.off.has(s.name) && parts(s).length > 0; }

		// step returns the place of a value in steps. Between two values it is proportional.
		step(k) {
			if (!this.starts) return k;
			const i = Math.max(0, Math.min(this.starts.length - 2, Math.floor(k)));
			return this.starts[i] + (k - i) * (this.starts[i + 1] - this.starts[i]);
		}

		// index is the inverse of step.
		index(t) {
			if (!this.starts) return t;
			let i = 0;
			while (i < this.starts.length - 2 && this.starts[i + 1] <= t) i++;
			return i + (t - this.starts[i]) / (this.starts[i + 1] - this.starts[i]);
		}

		// place returns the place of a value on the axis of a drawing.
		place(k, place) {
			const [a, b] = [this.step(this.from), this.step(this.to)];
			return place.left + (this.step(k) - a) / (b - a) * (place.right - place.left);
		}

		draw() {
			// All values that the shown hours touch.
			[this.from, this.to] = [Math.floor(this.index(view.from) + 1e-9), Math.ceil(this.index(view.to) - 1e-9)];
			// All DERs of the figure are hidden.
			this.figure.hidden = !this.panels.some((p) => p.series.some((s) => parts(s).length));
			if (this.figure.hidden) return;
			this.drawLegend();
			for (const old of this.box.querySelectorAll("svg, .unit")) old.remove();
			this.wide = this.box.clientWidth;
			// All panels leave the same room for the labels of their values.
			const frames = this.panels.map((p) => this.frame(p));
			const left = 10 + 6.6 * Math.max(...frames.map((f) => f.widest));
			this.svgs = this.panels.map((p, i) => this.drawPanel(p, frames[i], left, i === this.panels.length - 1));
		}

		drawLegend() {
			this.legend.replaceChildren();
			for (const panel of this.panels) {
				for (const s of panel.series) {
					const key = element("span", {className: s.draw === "stack" || s.draw === "strip" ? "swatch" : s.dash ? "swatch line dash" : "swatch line"});
					key.style.setProperty("--own", s.ink);
					const button = element("button", {type: "button"}, key, this.shown(s) ? label(s) : s.name);
					button.setAttribute("aria-pressed", this.shown(s));
					button.title = "show or hide";
					button.addEventListener("click", () => this.toggle(s));
					this.legend.append(button);
					if (view.scenario >= 0 || !this.shown(s)) continue;
					for (const b of s.bands || []) this.legend.append(this.note(s, b.name));
					if (scenariosOf(s).length) this.legend.append(this.note(s, (s.bands || []).length ? "scenarios" : "scenarios and their range"));
				}
			}
		}

		// note returns an entry of the legend for something pale behind a line.
		note(s, text) {
			const key = element("span", {className: "swatch pale"});
			key.style.setProperty("--own", s.ink);
			return element("span", {}, key, text);
		}

		toggle(s) {
			const ders = s.parts.map((p) => p.der).filter(Boolean);
			if (ders.length) {
				const all = ders.some((d) => !view.hidden.has(d));
				for (const d of ders) all ? view.hidden.add(d) : view.hidden.delete(d);
				refresh();
			} else {
				this.off.has(s.name) ? this.off.delete(s.name) : this.off.add(s.name);
				this.draw();
			}
		}

		// range returns the lowest and highest value of a panel in the shown hours.
		range(panel) {
			let low = Infinity, high = -Infinity;
			const see = (v) => { if (v !== null && Number.isFinite(v)) { low = Math.min(low, v); high = Math.max(high, v); } };
			(panel.limits || []).forEach(see);
			for (let t = this.from; t < this.to; t++) {
				let above = 0, below = 0;
				for (const s of panel.series) {
					if (!this.shown(s)) continue;
					const v = at(s, t);
					if (v && s.draw === "stack") { above += v[0]; below -= v[1]; } else if (v) see(v[0]);
					for (const k of scenariosOf(s)) see(at(s, t, k)[0]);
					if (view.scenario < 0) for (const b of s.bands || []) { see(b.low[t]); see(b.high[t]); }
					if (s.draw === "ends") see(t === this.from && t > 0 ? at(s, t - 1)[0] : start(s));
				}
				if (above || below || panel.series.some((s) => s.draw === "stack")) { see(above); see(below); }
			}
			if (low > 0 && low < 0.5 * high) low = 0;
			return Number.isFinite(low) ? [low, high] : [0, 1];
		}

		// frame returns the value axis of a panel, or its rows, and the length of the longest label.
		frame(panel) {
			const strips = panel.series.filter((s) => s.draw === "strip" && this.shown(s));
			const rows = panel.series.some((s) => s.draw === "strip");
			const axis = nice(...this.range(panel), panel.height > 150 ? 6 : 4);
			const marks = rows ? [] : axis.marks.map((v) => [v, number(v, axis.decimals)]);
			const widest = rows ? Math.max(4, ...strips.map((s) => Math.min(label(s).length, 16))) : Math.max(...marks.map((m) => m[1].length));
			return {strips, axis, marks, widest, height: rows ? 24 * strips.length + 2 : panel.height};
		}

		drawPanel(panel, {strips, axis, marks, height}, left, last) {
			const place = {left, right: this.wide - 14, top: 8, bottom: 8 + height};
			const x = (k) => this.place(k, place);
			const y = (v) => place.bottom - (v - axis.low) / (axis.high - axis.low) * height;
			if (panel.title) this.box.append(element("p", {className: "unit"}, panel.title));
			const svg = shape(this.box, "svg", {viewBox: `0 0 ${this.wide} ${place.bottom + (last ? 24 : 8)}`, "aria-hidden": "true"});
			for (const [v, text] of marks) {
				shape(svg, "line", {x1: place.left, x2: place.right, y1: y(v), y2: y(v)}, Math.abs(v) < 1e-12 ? "var(--muted)" : "var(--rule)");
				shape(svg, "text", {x: place.left - 6, y: y(v) + 4, "text-anchor": "end"}).textContent = text;
			}
			if (last) this.drawHours(svg, place, x);
			for (const v of panel.limits || []) shape(svg, "line", {x1: place.left, x2: place.right, y1: y(v), y2: y(v), "stroke-dasharray": "2 3"}, "var(--muted)");
			this.drawStack(svg, panel, x, y);
			for (const s of panel.series) if (this.shown(s) && s.draw !== "stack" && s.draw !== "strip") this.drawLine(svg, s, x, y);
			strips.forEach((s, i) => this.drawStrip(svg, s, i, place, x));
			svg.place = place;
			svg.cursor = shape(svg, "line", {y1: place.top, y2: place.bottom, class: "cursor"});
			this.listen(svg);
			return svg;
		}

		// drawHours marks hours at distances that leave room for the labels.
		drawHours(svg, place, x) {
			// The labels at both ends move inwards, so that long ones with a date need more room.
			const room = 8 + (data.stops ? 9.9 : 6.6) * Math.max(...data.steps.map((s) => s.length));
			const many = Math.max(1, (place.right - place.left) / room);
			const [a, b] = [this.step(this.from), this.step(this.to)];
			const hours = (b - a) * data.hours;
			const every = [0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 168, 336].find((h) => h >= (data.stops && hours > 36 ? 24 : data.hours) && hours / h <= many) || hours;
			const by = Math.max(1, Math.round(every / data.hours));
			const ticks = [];
			// Days of 23 and 25 hours move midnight, so that days are marked at their own beginnings.
			if (data.stops && every >= 24) data.stops.forEach((t, day) => { if (day % Math.round(every / 24) === 0 && t >= a && t <= b) ticks.push(t); });
			else for (let t = Math.ceil(a / by) * by; t <= b; t += by) ticks.push(t);
			for (const t of ticks) {
				const at = x(this.index(t));
				shape(svg, "line", {x1: at, x2: at, y1: place.bottom, y2: place.bottom + 4}, "var(--muted)");
				// Half of a label reaches beyond the axis, but not beyond the figure.
				const text = data.stops && every >= 24 ? data.steps[t].replace(" 00:00", "") : data.steps[t];
				const half = 3.4 * text.length;
				const middle = Math.max(half, Math.min(at, this.wide - half));
				shape(svg, "text", {x: middle, y: place.bottom + 17, "text-anchor": "middle"}).textContent = text;
			}
			shape(svg, "line", {x1: place.left, x2: place.right, y1: place.bottom, y2: place.bottom}, "var(--muted)");
		}

		drawStack(svg, panel, x, y) {
			const above = {}, below = {};
			const inset = this.to - this.from > 48 ? 0 : 0.06;
			for (const s of panel.series) {
				if (s.draw !== "stack" || !this.shown(s)) continue;
				let path = "";
				for (let t = this.from; t < this.to; t++) {
					const [up, down] = at(s, t);
					for (const [from, to] of [[above[t] || 0, (above[t] || 0) + up], [below[t] || 0, (below[t] || 0) - down]]) {
						if (from !== to) path += `M${x(t + inset).toFixed(1)} ${y(from).toFixed(2)}V${y(to).toFixed(2)}H${x(t + 1 - inset).toFixed(1)}V${y(from).toFixed(2)}Z`;
					}
					above[t] = (above[t] || 0) + up;
					below[t] = (below[t] || 0) - down;
				}
				shape(svg, "path", {d: path}, s.ink);
			}
		}

		// points returns the corners of a line in the shown hours.
		points(s, x, y, of) {
			const out = [];
			for (let t = this.from; t < this.to; t++) {
				const v = of(t);
				if (v === null || v === undefined) continue;
				if (s.draw === "steps") out.push([x(t), y(v)], [x(t + 1), y(v)]);
				else out.push([x(s.draw === "mids" ? t + 0.5 : t + 1), y(v)]);
			}
			if (s.draw === "ends") {
				const before = this.from > 0 ? of(this.from - 1) : start(s);
				if (before !== null && before !== undefined) out.unshift([x(this.from), y(before)]);
			}
			return out;
		}

		drawLine(svg, s, x, y) {
			const trace = (list) => "M" + list.map(([a, b]) => a.toFixed(1) + " " + b.toFixed(2)).join("L");
			const band = (low, high, opacity) => {
				const edge = [...this.points(s, x, y, high), ...this.points(s, x, y, low).reverse()];
				if (edge.length) shape(svg, "path", {d: trace(edge) + "Z", opacity}, s.ink);
			};
			const one = (t) => { const v = at(s, t); return v && v[0]; };
			for (const b of view.scenario < 0 ? s.bands || [] : []) band((t) => b.low[t], (t) => b.high[t], 0.18);
			const scenarios = scenariosOf(s);
			if (scenarios.length) {
				const all = (pick) => (t) => pick(...scenarios.map((k) => at(s, t, k)[0]));
				if (!(s.bands || []).length) band(all(Math.min), all(Math.max), 0.15);
				const most = data.probabilities[order[order.length - 1]];
				for (const k of scenarios) {
					const share = data.probabilities[k] / most;
					const chosen = view.scenario < 0 ? 0.2 + 0.4 * share : 0.15;
					shape(svg, "path", {d: trace(this.points(s, x, y, (t) => at(s, t, k)[0])), fill: "none", "stroke-width": 0.5 + 0.8 * share, opacity: chosen}, s.ink);
				}
			}
			const list = this.points(s, x, y, one);
			if (!list.length) return;
			// A pale line below separates the line from bars and scenarios of its colour.
			shape(svg, "path", {d: trace(list), fill: "none", "stroke-width": 4.5, opacity: 0.8}, "var(--paper)");
			shape(svg, "path", {d: trace(list), fill: "none", "stroke-width": 2, "stroke-dasharray": s.dash ? "5 3" : "none"}, s.ink);
		}

		drawStrip(svg, s, i, place, x) {
			const top = place.top + 24 * i;
			const name = label(s);
			shape(svg, "text", {x: place.left - 6, y: top + 16, "text-anchor": "end"}).textContent = name.length > 16 ? name.slice(0, 15) + "…" : name;
			for (let t = this.from; t < this.to; t++) {
				const [share] = at(s, t);
				if (share > 0.005) shape(svg, "rect", {x: x(t), y: top + 3, width: Math.max(0.5, x(t + 1) - x(t) - (this.to - this.from > 48 ? 0 : 1)), height: 18, opacity: share}, s.ink);
			}
		}

		// ---- Pointer and keys ----

		stepAt(svg, event) {
			const box = svg.getBoundingClientRect();
			const x = (event.clientX - box.left) * this.wide / box.width;
			const share = (x - svg.place.left) / (svg.place.right - svg.place.left);
			const [a, b] = [this.step(this.from), this.step(this.to)];
			return Math.max(this.from, Math.min(this.to - 1, Math.floor(this.index(a + share * (b - a)) + 1e-9)));
		}

		listen(svg) {
			let from = null, area = null;
			svg.addEventListener("pointermove", (e) => {
				const t = this.stepAt(svg, e);
				this.point(t, e.clientX, e.clientY);
				if (from === null) return;
				const [a, b] = [Math.min(from, t), Math.max(from, t) + 1];
				area = area || shape(svg, "rect", {class: "area", y: svg.place.top, height: svg.place.bottom - svg.place.top});
				const x = (k) => this.place(k, svg.place);
				area.setAttribute("x", x(a));
				area.setAttribute("width", x(b) - x(a));
			});
			svg.addEventListener("pointerdown", (e) => {
				this.point(this.stepAt(svg, e), e.clientX, e.clientY);
				// A finger scrolls the page; it zooms with the lists of hours.
				if (e.pointerType === "mouse" && e.button === 0) { from = this.stepAt(svg, e); svg.setPointerCapture(e.pointerId); }
			});
			svg.addEventListener("pointerup", (e) => {
				const t = this.stepAt(svg, e);
				const begin = from;
				from = area = null;
				if (begin !== null && Math.abs(t - begin) >= 1) zoom(this.step(Math.min(begin, t)), this.step(Math.max(begin, t) + 1));
			});
			// After a tap the values stay until the next one.
			svg.addEventListener("pointerleave", (e) => { if (e.pointerType === "mouse") this.leave(); });
			svg.addEventListener("dblclick", () => zoom(0, steps));
		}

		leave() {
			this.cursor = -1;
			for (const svg of this.svgs || []) svg.cursor.classList.remove("on");
			hide();
		}

		// point shows the values of a step beside a place of the window.
		point(t, x, y) {
			this.cursor = t;
			for (const svg of this.svgs) {
				const middle = this.place(t + 0.5, svg.place);
				svg.cursor.setAttribute("x1", middle);
				svg.cursor.setAttribute("x2", middle);
				svg.cursor.classList.add("on");
			}
			const rows = this.values(t);
			const table = element("table");
			for (const [ink, name, text] of rows) {
				const key = element("span", {className: "key"});
				key.style.setProperty("--own", ink);
				table.append(element("tr", {}, element("td", {}, key, name), element("td", {className: "n"}, text)));
			}
			show(x, y, element("b", {}, this.when(t)), table);
		}

		when(t) {
			return data.steps[this.step(t)] + " to " + data.steps[this.step(t + 1)] + (view.scenario < 0 ? "" : ", scenario " + view.scenario);
		}

		// values returns colour, name and text of each series at a step.
		values(t) {
			const rows = [];
			for (const panel of this.panels) {
				for (const s of panel.series) {
					if (!this.shown(s)) continue;
					const v = at(s, t);
					if (!v) continue;
					const unit = panel.unit ? " " + panel.unit : "";
					let text = value(v[0]) + unit;
					if (s.draw === "stack") text = v[1] === 0 ? text : v[0] === 0 ? value(-v[1]) + unit : value(v[0]) + " and " + value(-v[1]) + unit;
					if (s.draw === "ends") text += " at its end";
					rows.push([s.ink, label(s), text, v]);
					const list = scenariosOf(s).map((k) => at(s, t, k)[0]);
					if (list.length && view.scenario < 0) rows.push(["transparent", "scenarios", value(Math.min(...list)) + " to " + value(Math.max(...list)) + unit, [1]]);
					for (const b of view.scenario < 0 ? s.bands || [] : []) rows.push(["transparent", b.name, value(b.low[t]) + " to " + value(b.high[t]) + unit, [1]]);
				}
			}
			// Of many series those of zero are left out.
			return rows.length > 10 ? rows.filter((r) => r[3].some((v) => Math.abs(v) > 1e-9)) : rows;
		}

		key(e) {
			const t = this.cursor < 0 ? this.from : this.cursor;
			const last = this.to - 1;
			const move = {ArrowLeft: this.cursor < 0 ? last : Math.max(this.from, t - 1), ArrowRight: this.cursor < 0 ? this.from : Math.min(last, t + 1), Home: this.from, End: last}[e.key];
			if (e.target !== this.box) return;
			if (move !== undefined) {
				const svg = this.svgs[0], box = svg.getBoundingClientRect();
				this.point(move, box.left + this.place(move + 0.5, svg.place) * box.width / this.wide, box.top + 20);
				said.textContent = this.when(move) + ": " + this.values(move).map((r) => r[1] + " " + r[2]).join(", ");
			} else if (e.key === "+" || e.key === "-" || e.key === "−") {
				const half = Math.max(this.step(this.from + 1) - this.step(this.from), Math.round((view.to - view.from) * (e.key === "+" ? 0.25 : 1)));
				const from = Math.max(0, Math.min(this.step(t) - half, steps - 2 * half));
				zoom(from, Math.min(steps, from + 2 * half));
			} else if (e.key === "0" || e.key === "Escape") {
				zoom(0, steps);
				this.leave();
			} else {
				return;
			}
			e.preventDefault();
		}
	}

	// ---- The view ----

	const form = document.getElementById("view");
	const option = (text, v) => element("option", {value: v}, text);
	const scenario = element("select", {id: "view-scenario"}, option("expected", -1),
		...data.probabilities.map((p, s) => option("scenario " + s + " (" + number(100 * p, 1) + " %)", s)));
	// A season offers its days only, because it has too many hours for a list.
	const stops = data.stops || data.steps.map((_, t) => t);
	const from = element("select", {id: "view-from"}, ...stops.slice(0, -1).map((t) => option(data.steps[t], t)));
	const to = element("select", {id: "view-to"}, ...stops.slice(1).map((t) => option(data.steps[t], t)));
	const all = element("button", {type: "button"}, "all " + unit);
	const list = element("div", {className: "ders"});
	const summary = element("summary", {}, "DERs");
	if (data.probabilities.length) form.append(element("label", {}, "Values ", scenario));
	form.append(element("label", {}, data.stops ? "Days " : "Hours ", from), element("label", {}, "to ", to), all, element("details", {}, summary, list));
	form.hidden = false;

	const zoom = (a, b) => {
		if (!(a < b)) return;
		[view.from, view.to] = [a, b];
		refresh();
	};
	scenario.addEventListener("change", () => { view.scenario = Number(scenario.value); refresh(); });
	from.addEventListener("change", () => zoom(Number(from.value), Math.max(view.to, stops.find((t) => t > Number(from.value)))));
	to.addEventListener("change", () => zoom(Math.min(view.from, stops.findLast((t) => t < Number(to.value))), Number(to.value)));
	all.addEventListener("click", () => zoom(0, steps));

	// One box per DER, and one per group.
	const boxes = [];
	const tick = (text, ders, ink) => {
		const box = element("input", {type: "checkbox", checked: true});
		box.addEventListener("change", () => {
			for (const d of ders) box.checked ? view.hidden.delete(d) : view.hidden.add(d);
			refresh();
		});
		boxes.push([box, ders]);
		const key = element("span", {className: "key"});
		key.style.setProperty("--own", ink);
		return element("label", {}, box, key, text);
	};
	const everyDER = data.ders.map((d) => d.name);
	list.append(tick("all DERs", everyDER, "transparent"));
	const groups = new Map();
	for (const d of data.ders) {
		const key = d.group || "\u0000" + d.name;
		groups.set(key, [...(groups.get(key) || []), d]);
	}
	for (const [name, members] of groups) {
		if (members.length === 1) {
			list.append(tick(members[0].name, [members[0].name], members[0].ink));
		} else {
			const inner = element("div", {className: "ders"}, ...members.map((d) => tick(d.name, [d.name], d.ink)));
			list.append(tick(members.length + " × " + name, members.map((d) => d.name), members[0].ink), element("details", {}, element("summary", {}, "choose"), inner));
		}
	}

	// refresh draws everything again after a change of the view.
	const refresh = () => {
		// A zoom by the pointer may begin inside a day.
		[scenario.value, from.value, to.value] = [view.scenario, stops.findLast((t) => t <= view.from), stops.find((t) => t >= view.to)];
		all.hidden = view.from === 0 && view.to === steps;
		for (const [box, ders] of boxes) {
			const n = ders.filter((d) => view.hidden.has(d)).length;
			box.checked = n < ders.length;
			box.indeterminate = n > 0 && n < ders.length;
		}
		summary.textContent = view.hidden.size ? "DERs (" + (everyDER.length - view.hidden.size) + " of " + everyDER.length + ")" : "DERs";
		for (const row of document.querySelectorAll("tr[data-der]")) row.hidden = view.hidden.has(row.dataset.der);
		hide();
		for (const c of charts) c.draw();
	};

	// ---- Marks of the other figures ----

	for (const group of document.querySelectorAll(".marks")) {
		const box = group.closest(".drawing");
		const marks = [...group.querySelectorAll("rect")];
		let current = -1;
		for (const m of marks) {
			m.text = m.querySelector("title").textContent;
			m.querySelector("title").remove(); // the browser would show it a second time
			const tell = (e) => show(e.clientX, e.clientY, element("span", {className: "lines"}, m.text));
			m.addEventListener("pointermove", tell);
			m.addEventListener("pointerdown", tell);
			m.addEventListener("pointerleave", (e) => { if (e.pointerType === "mouse") hide(); });
		}
		box.tabIndex = 0;
		box.setAttribute("role", "group");
		box.setAttribute("aria-label", box.closest("figure").querySelector(".title").textContent + ". Arrow keys read the values.");
		const leave = () => { if (current >= 0) marks[current].classList.remove("on"); current = -1; hide(); };
		box.addEventListener("blur", leave);
		box.addEventListener("keydown", (e) => {
			const by = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[e.key];
			if (!by) { if (e.key === "Escape") leave(); return; }
			e.preventDefault();
			if (current >= 0) marks[current].classList.remove("on");
			current = current < 0 ? 0 : (current + by + marks.length) % marks.length;
			marks[current].classList.add("on");
			const place = marks[current].getBoundingClientRect();
			show(place.right, place.top, element("span", {className: "lines"}, marks[current].text));
			said.textContent = marks[current].text;
		});
	}

	// ---- Tables ----

	// sortable returns the value of a cell for sorting: a number if it is one. Missing values are last.
	const sortable = (cell) => {
		const text = cell.textContent.trim();
		const n = Number(text.replace(/,/g, "").replace("−", "-").replace("+", ""));
		return text === "–" || text === "" ? null : Number.isNaN(n) ? text : n;
	};
	for (const table of document.querySelectorAll("table.sortable")) {
		const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
		heads.forEach((head, column) => {
			const button = element("button", {type: "button"}, ...head.childNodes);
			head.append(button);
			button.addEventListener("click", () => {
				const down = head.getAttribute("aria-sort") === "ascending";
				for (const h of heads) h.removeAttribute("aria-sort");
				head.setAttribute("aria-sort", down ? "descending" : "ascending");
				const rows = [...body.rows].map((row) => [sortable(row.cells[column]), row]);
				rows.sort(([a], [b]) => {
					if (a === null || b === null) return (a === null) - (b === null);
					const d = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", {numeric: true});
					return down ? -d : d;
				});
				body.append(...rows.map(([, row]) => row));
			});
		});
	}

	// ---- Start ----

	for (const [name, c] of Object.entries(data.charts)) charts.push(new Chart(document.getElementById(name), c.panels, c.starts));
	refresh();
	let wide = document.documentElement.clientWidth;
	window.addEventListener("resize", () => {
		if (document.documentElement.clientWidth === wide) return; // a phone's address bar changes the height only
		wide = document.documentElement.clientWidth;
		refresh();
	});
})();
