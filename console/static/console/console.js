"use strict";

// Mends for keyboards and screen readers where Unfold's markup has none. It makes things to click
// of <span> and <div>, writes the names of symbols as text, and gives select2 boxes no label.
(() => {
    const words = () => document.getElementById("console-words")?.dataset ?? {};

    // What a button does that shows nothing but a symbol.
    const symbolNames = () => ({
        close: words().close,
        computer: words().theme,
        dark_mode: words().theme,
        light_mode: words().theme,
        more_horiz: words().more,
        more_vert: words().more,
        search: words().search,
    });

    // A button may hold a second symbol, for while it is busy; one with words needs no name.
    function nameSymbolButton(element) {
        const symbols = [...element.querySelectorAll(".material-symbols-outlined")];
        const symbol = symbols.length ? symbols[0].textContent.trim() : element.textContent.trim();
        const said = symbols.reduce((text, each) => text.replace(each.textContent, ""), element.textContent);
        if (symbols.length && said.trim()) return;
        const name = symbolNames()[symbol];
        if (name && !element.hasAttribute("aria-label")) element.setAttribute("aria-label", name);
    }

    function isReachable(element) {
        return element.matches("a[href], button, input, select, textarea, summary");
    }

    function mendClickable(element) {
        if (isReachable(element) || element.dataset.consoleButton !== undefined) return;
        // A thing to click around things to click is a list row; one that holds nothing is a
        // backdrop, which Escape does for the keyboard.
        if (element.querySelector("a[href], button, input, select, textarea")) return;
        if (!element.textContent.trim()) return;
        element.dataset.consoleButton = "";
        element.tabIndex = 0;
        element.setAttribute("role", "button");
        nameSymbolButton(element);
    }

    // A cell that opens what is below its row: the button is the symbol in it, not the cell.
    function mendOpener(cell) {
        const symbol = cell.querySelector(".material-symbols-outlined");
        if (!symbol || symbol.dataset.consoleButton !== undefined) return;
        const row = cell.closest("tr");
        symbol.dataset.consoleButton = "";
        symbol.tabIndex = 0;
        symbol.setAttribute("role", "button");
        const about = row.querySelector("th")?.textContent.trim() ?? "";
        symbol.setAttribute("aria-label", [cell.dataset.label, about].filter(Boolean).join(": "));
        const isOpen = () => getComputedStyle(row.nextElementSibling).display !== "none";
        const tell = () => setTimeout(() => symbol.setAttribute("aria-expanded", String(isOpen())));
        cell.addEventListener("click", tell);
        tell();
    }

    function mendSymbol(symbol) {
        if (symbol.dataset.consoleButton === undefined && !symbol.hasAttribute("aria-label")) {
            symbol.setAttribute("aria-hidden", "true");
        }
    }

    // The fields of a list's filters have a heading in place of a label.
    function headingOf(field) {
        return field?.closest("#changelist-filter") && field.closest("div:has(> h3)")?.querySelector("h3");
    }

    // What the field is called, and what is chosen: select2 says the second alone.
    function mendSelect(select) {
        const box = select?.nextElementSibling?.querySelector(".select2-selection");
        const label = select?.id && document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
        const name = select?.getAttribute("aria-label") ?? (label || headingOf(select))?.textContent.replace("*", "").trim();
        if (!box || !name) return;
        const chosen = [...select.selectedOptions].map((option) => option.textContent.trim()).filter(Boolean);
        box.removeAttribute("aria-labelledby");
        box.setAttribute("aria-label", [name, chosen.join(", ")].filter(Boolean).join(": "));
        box.querySelectorAll(".select2-search__field, .select2-selection__rendered").forEach((part) => {
            part.setAttribute("aria-label", name);
        });
        // Only the mouse reaches it, and it stands in a list as what is no item of it.
        box.querySelector("ul > .select2-selection__clear")?.setAttribute("aria-hidden", "true");
    }

    function mend(root) {
        root.querySelectorAll("#result_list td[data-label][x-on\\:click]").forEach(mendOpener);
        root.querySelectorAll("[x-on\\:click]:not(#result_list td)").forEach(mendClickable);
        root.querySelectorAll("button, a[href]").forEach(nameSymbolButton);
        root.querySelectorAll(".material-symbols-outlined").forEach(mendSymbol);
        root.querySelectorAll("a > .date-icon[title], a > .clock-icon[title]").forEach((icon) => {
            icon.parentElement.setAttribute("aria-label", icon.title);
        });
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
        // All that scrolls is called the same; the menu's part is not named twice.
        root.querySelector("#nav-sidebar-apps .simplebar-content-wrapper")?.setAttribute("aria-label", words().navigation);
    }

    document.addEventListener("keydown", (event) => {
        const target = event.target;
        if (!(target instanceof HTMLElement) || target.dataset.consoleButton === undefined) return;
        if (event.key === "Enter" || event.key === " ") {
            event.preventDefault();
            target.click();
        }
    });
    // select2 puts its boxes in whenever it is ready, and its search field when a box opens.
    new MutationObserver((changes) => {
        for (const change of changes) {
            for (const node of change.addedNodes) {
                if (!(node instanceof HTMLElement)) continue;
                if (node.matches(".select2-container")) setTimeout(() => mendSelect(node.previousElementSibling));
                node.querySelector(".select2-search__field:not([aria-label])")?.setAttribute("aria-label", words().search);
            }
        }
    }).observe(document.documentElement, { childList: true, subtree: true });
    window.addEventListener("load", () => {
        setTimeout(() => mend(document));  // after Unfold's own listeners, which add more
        window.django?.jQuery?.(document).on("select2:select select2:unselect select2:clear", "select", (event) => {
            setTimeout(() => mendSelect(event.target));
        });
    });
    // Whoever adds a row goes on in it; whoever takes one away, where rows are added.
    document.addEventListener("formset:added", (event) => {
        mend(event.target);
        event.target.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    });
    document.addEventListener("formset:removed", (event) => {
        document.querySelector(`#${CSS.escape(event.detail.formsetName)}-group .add-row`)?.focus();
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
