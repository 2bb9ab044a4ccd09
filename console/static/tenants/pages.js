// Small helps for the tenants' pages. All of them work without it.
(function () {
  "use strict";

  // As `tenants/admin/durations.py` says it, in the user's language.
  function inWords(seconds) {
    const words = document.getElementById("console-words").dataset;
    const minutes = Math.floor(seconds / 60);
    const hours = Math.floor(minutes / 60);
    const text = hours ? words.hours : minutes ? words.minutes : words.seconds;
    const numbers = { "%h": hours, "%m": minutes % 60, "%s": seconds % 60 };
    return text.replace(/%[hms]/g, (mark) => numbers[mark]);
  }

  // How long an operation has taken goes on counting between two answers of the server.
  const starts = new WeakMap();
  setInterval(function () {
    document.querySelectorAll("[data-since]").forEach(function (element) {
      if (!starts.has(element)) {
        starts.set(element, Date.now() - 1000 * Number(element.dataset.since));
      }
      element.textContent = inWords(Math.floor((Date.now() - starts.get(element)) / 1000));
    });
  }, 1000);

  document.addEventListener("click", async function (event) {
    const button = event.target.closest("[data-copy]");
    if (!button) {
      return;
    }
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // No clipboard without HTTPS; the older way has no such condition.
      document.execCommand("copy");
    }
    const text = button.querySelector("[data-copy-text]");
    text.textContent = text.dataset.copied;
    const status = document.querySelector("[data-copy-status]");
    if (status) {
      status.textContent = text.dataset.copied;
    }
  });
})();
