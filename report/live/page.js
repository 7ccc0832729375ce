"use strict";
// Shows the state of the run every second. The result is a page of its own, which replaces the body.
(() => {
  const show = (key, text) => {
    const cell = document.querySelector(`[data-text="${key}"]`);
    if (cell && cell.textContent !== text) cell.textContent = text;
  };
  let failures = 0;
  const poll = async () => {
    try {
      const state = await (await fetch("state", { cache: "no-store" })).json();
      failures = 0;
      for (const [key, text] of Object.entries(state.text)) show(key, text);
      document.title = `${state.region} – ${state.status}`;
      const bar = document.querySelector("progress");
      if (state.total > 0) {
        bar.max = state.total;
        bar.value = state.done;
      } else {
        bar.removeAttribute("value");
      }
      if (["done", "cut", "failed"].includes(state.status)) {
        const text = await (await fetch("./", { cache: "no-store" })).text();
        document.body.replaceWith(new DOMParser().parseFromString(text, "text/html").body);
        return;
      }
    } catch {
      failures++;
      if (failures === 3) show("status", "no answer: the program has ended");
      if (failures === 30) return;
    }
    setTimeout(poll, 1000);
  };
  setTimeout(poll, 1000);
})();
