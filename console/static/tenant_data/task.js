// Small helps for the panels on a task's page. All of it works without them.
(function () {
  "use strict";

  const changed = new Set();
  let sent = null;

  document.addEventListener("input", function (event) {
    const form = event.target.closest("form[data-panel-form]");
    if (form) {
      changed.add(form);
    }
  });
  document.addEventListener("submit", function (event) {
    sent = event.target;
  });
  // What was typed in one form would be lost by sending another.
  window.addEventListener("beforeunload", function (event) {
    if ([...changed].some((form) => form !== sent)) {
      event.preventDefault();
    }
  });
  // The browser may bring the page back from its memory.
  window.addEventListener("pageshow", function () {
    sent = null;
  });
  // Unfold's script would write a chosen file's name into a text field beside it; here is none.
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-panel-form] input[type=file]").forEach(function (input) {
      input.hasChangeListener = true;
    });
  });
  // After a refusal, the field that is wrong has the focus.
  window.addEventListener("load", function () {
    document.querySelector(".is-alone [aria-invalid=true]")?.focus();
  });
})();
