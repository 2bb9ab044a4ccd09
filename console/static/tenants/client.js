// The menu "More" with the keyboard: the theme opens it for the mouse alone, at the page's end.
(function () {
  "use strict";

  function openMenu() {
    return Array.from(document.querySelectorAll("body > nav")).find(
      (nav) => nav.querySelector("a") && nav.offsetParent !== null,
    );
  }

  document.addEventListener("keydown", function (event) {
    const button = event.target.closest("[data-menu]");
    if (button && ["Enter", " ", "ArrowDown"].includes(event.key)) {
      event.preventDefault();
      event.stopImmediatePropagation(); // Or the console's own help for such buttons clicks again.
      button.click();
      setTimeout(function () {
        const menu = openMenu();
        if (menu) {
          menu.querySelector("a").focus();
        }
      }, 50);
      return;
    }
    const menu = openMenu();
    if (!menu || !menu.contains(document.activeElement)) {
      return;
    }
    const links = Array.from(menu.querySelectorAll("a"));
    const at = links.indexOf(document.activeElement);
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      const opener = document.querySelector("[data-menu]");
      opener.click();
      opener.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : links.length - 1;
      links[(at + step) % links.length].focus();
    }
  }, true);
})();
