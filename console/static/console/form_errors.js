// After a form that was not saved, the first field that is wrong has the focus; the links above the
// form lead to the others. A field at the bottom would else be hidden below the bar of buttons.
(function () {
  "use strict";

  function focus(id) {
    const field = document.getElementById(id);
    if (!field) {
      return;
    }
    // A select that can be searched is hidden; what is seen comes after it.
    const box = field.nextElementSibling && field.nextElementSibling.querySelector(".select2-selection");
    const target = box || field;
    if (!target.matches("input, select, textarea, button, a[href], [tabindex]")) {
      target.tabIndex = -1;
    }
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "center" });
  }

  const idOf = (link) => decodeURIComponent(link.hash.slice(1));

  document.addEventListener("click", function (event) {
    const link = event.target.closest("[data-error-link]");
    if (link) {
      event.preventDefault();
      focus(idOf(link));
    }
  });
  window.addEventListener("load", function () {
    const first = document.querySelector("[data-error-link]");
    if (!first) {
      // No field is to blame, so the reason itself has the focus.
      document.querySelector("[data-error-note]")?.focus();
    } else {
      // After select2, which starts when the page is loaded too.
      setTimeout(() => focus(idOf(first)), 50);
    }
  });
})();
