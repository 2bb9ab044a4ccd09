// A form that takes seconds is sent once, and says that it is under way.
for (const form of document.querySelectorAll("form[data-importing-once]")) {
  form.addEventListener("submit", (event) => {
    const pressed = event.submitter;
    // Later, for a button that is disabled now would not be sent.
    setTimeout(() => {
      for (const button of form.querySelectorAll("button")) button.disabled = true;
      if (!pressed || !pressed.dataset.busy) return;
      pressed.dataset.idle = pressed.textContent;
      pressed.textContent = pressed.dataset.busy;
    });
  });
}
// Somebody who goes back to the page finds it as it was left.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("form[data-importing-once] button")) {
    button.disabled = false;
    if (button.dataset.idle) button.textContent = button.dataset.idle;
  }
});
// Unfold writes a chosen file's name into a field of its own beside the input; there is none here.
for (const input of document.querySelectorAll(".importing-file input")) input.hasChangeListener = true;
