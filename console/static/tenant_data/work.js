"use strict";

// The status of a task is changed in the list: what is chosen is sent at once, together with what
// the list showed. The answer is said aloud and shown for a moment.
(() => {
    const SHOWN_FOR = 6000;
    let timer;

    const word = (name) => document.getElementById("console-words")?.dataset[name] ?? "";

    function say(text, isError) {
        let place = document.getElementById("work-said");
        if (!place) {
            place = document.createElement("p");
            place.id = "work-said";
            place.setAttribute("role", "status");
            document.body.append(place);
        }
        place.classList.toggle("is-error", Boolean(isError));
        place.textContent = text;
        clearTimeout(timer);
        timer = setTimeout(() => place.remove(), SHOWN_FOR);
    }

    function show(box, answer) {
        box.dataset.status = answer.status;
        box.value = answer.status;
        box.closest("tr")?.querySelectorAll(".console-late").forEach((mark) => {
            mark.classList.toggle("is-over", !answer.is_late);
        });
    }

    async function send(box) {
        const token = document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
        const body = new URLSearchParams({ from: box.dataset.status, to: box.value });
        box.setAttribute("aria-busy", "true");
        try {
            const response = await fetch(box.dataset.url, {
                method: "POST", body, headers: { "X-CSRFToken": token }, redirect: "manual",
            });
            // A page in place of an answer: to sign in, or that one may not.
            if (response.type === "opaqueredirect" || response.status === 403) {
                box.value = box.dataset.status;
                say(word(response.status === 403 ? "forbidden" : "signedOut"), true);
                return;
            }
            const answer = await response.json();
            show(box, answer);
            say(answer.message, !response.ok);
        } catch {
            box.value = box.dataset.status;
            say(word("failed"), true);
        } finally {
            box.removeAttribute("aria-busy");
        }
    }

    document.addEventListener("change", (event) => {
        if (event.target instanceof HTMLSelectElement && event.target.matches(".work-status")) {
            send(event.target);
        }
    });
    // A row is opened by a click anywhere but here.
    document.addEventListener("click", (event) => {
        if (event.target instanceof HTMLElement && event.target.closest(".work-status")) {
            event.stopPropagation();
        }
    }, true);
})();
