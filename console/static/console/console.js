"use strict";

// Mends for keyboards and screen readers where Unfold's markup has none. It makes things to click
// of <span> and <div>, writes the names of symbols as text, and labels no select2 box.
(() => {
    const words = () => document.getElementById("console-words")?.dataset ?? {};

    const symbolNames = () => ({
        close: words().close,
    });

    function isReachable(element) {
        return element.matches("a[href], button, input, select, textarea, summary");
    }

    function mendClickable(element) {
        if (isReachable(element) || element.dataset.consoleButton !== undefined) return;
        // A thing to click around things to click is a dismissing backdrop or a list row.
        if (element.querySelector("a[href], button, input, select, textarea")) return;
        element.dataset.consoleButton = "";
        element.tabIndex = 0;
        element.setAttribute("role", "button");
        const name = symbolNames()[element.textContent.trim()];
        if (name) element.setAttribute("aria-label", name);
    }

    function mendSymbol(symbol) {
        if (symbol.dataset.consoleButton === undefined && !symbol.hasAttribute("aria-label")) {
            symbol.setAttribute("aria-hidden", "true");
        }
    }

    function mendSelect(select) {
        const label = select.id && document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
        const box = select.nextElementSibling?.querySelector(".select2-selection");
        if (!box) return;
        const text = label?.textContent.trim() || select.getAttribute("aria-label")
            || select.closest("div")?.querySelector("label, h3")?.textContent.trim();
        if (!text) return;
        const shown = box.querySelector(".select2-selection__rendered")?.textContent.trim();
        box.removeAttribute("aria-labelledby");
        box.setAttribute("aria-label", shown && shown !== text ? `${text}: ${shown}` : text);
        box.querySelector(".select2-search__field")?.setAttribute("aria-label", text);
    }

    function mend(root) {
        root.querySelectorAll("[x-on\\:click]").forEach(mendClickable);
        root.querySelectorAll(".material-symbols-outlined").forEach(mendSymbol);
        root.querySelectorAll("select.select2-hidden-accessible").forEach(mendSelect);
        root.querySelectorAll("#nav-sidebar a.active").forEach((link) => link.setAttribute("aria-current", "page"));
        const field = root.querySelector("#search-input-command");
        if (field) {
            field.setAttribute("aria-label", words().search);
            const dialog = field.closest("[x-data]");
            dialog?.setAttribute("role", "dialog");
            dialog?.setAttribute("aria-modal", "true");
            dialog?.setAttribute("aria-label", words().search);
        }
        document.getElementById("nav-sidebar-inner")?.setAttribute("aria-label", words().navigation);
    }

    document.addEventListener("keydown", (event) => {
        const target = event.target;
        if (!(target instanceof HTMLElement) || target.dataset.consoleButton === undefined) return;
        if (event.key === "Enter" || event.key === " ") {
            event.preventDefault();
            target.click();
        }
    });
    // select2 makes its search box when it opens, and its text when something is chosen.
    document.addEventListener("click", () => {
        document.querySelectorAll(".select2-search__field:not([aria-label])").forEach((field) => {
            field.setAttribute("aria-label", words().search);
        });
    });
    window.addEventListener("load", () => {
        mend(document);
        window.django?.jQuery?.(document).on("select2:select select2:clear", "select", (event) => {
            setTimeout(() => mendSelect(event.target));
        });
    });
    document.addEventListener("htmx:afterSwap", (event) => {
        mend(event.target);
        // The first hit is chosen, so that Enter opens it.
        const palette = event.target.id === "command-results" && event.target.closest("[x-data]");
        if (palette) setTimeout(() => { window.Alpine.$data(palette).currentIndex = 1; });
    });
    // Enter with nothing found: Unfold's script would open an entry that is not there.
    document.addEventListener("keydown", (event) => {
        if (event.target.id === "search-input-command" && event.key === "Enter"
            && !document.querySelector("#command-results-list li")) {
            event.preventDefault();
            event.stopPropagation();
        }
    }, true);
})();
