"use strict";

// What is sent by a form is sent once: a second click, or Enter twice, would save it twice. A form
// whose answer is a file says `data-again`, for its page stays.
(() => {
    // Nothing tells a page that its reader has stopped the browser; then the form is free again.
    const FORGOTTEN_AFTER = 30_000;
    const sent = new Set();

    const buttonsOf = (form) => [...form.elements].filter((each) => each.matches("[type=submit]"));

    // Not disabled: what was pressed would lose the focus.
    function mark(form, isSent) {
        const set = (element, name) => {
            if (isSent) element.setAttribute(name, "true");
            else element.removeAttribute(name);
        };
        set(form, "aria-busy");
        buttonsOf(form).forEach((button) => set(button, "aria-disabled"));
    }

    function free() {
        sent.forEach((form) => mark(form, false));
        sent.clear();
    }

    function isGuarded(form, submitter) {
        const method = submitter?.getAttribute("formmethod") ?? form.method;
        return method === "post" && !form.target && !form.matches("[data-again]");
    }

    // Before any other script sees it.
    window.addEventListener("submit", (event) => {
        if (!sent.has(event.target)) return;
        event.preventDefault();
        event.stopImmediatePropagation();
    }, true);
    // After all others: one of them may have stopped it. The browser itself asks for no event
    // where a field is wrong.
    window.addEventListener("submit", (event) => {
        const form = event.target;
        if (event.defaultPrevented || !isGuarded(form, event.submitter)) return;
        sent.add(form);
        mark(form, true);
        setTimeout(() => { if (sent.delete(form)) mark(form, false); }, FORGOTTEN_AFTER);
    });
    // The reader may be asked whether to leave, and stay.
    window.addEventListener("beforeunload", (event) => {
        setTimeout(() => { if (event.defaultPrevented) free(); });
    });
    // A page that the browser brings back from its memory must be usable again.
    window.addEventListener("pageshow", free);
})();
