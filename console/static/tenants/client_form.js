// Suggests a client's schema name while the name is typed, until somebody edits it by hand.
// The server makes the same suggestion when the field is left empty, and checks either.
(function () {
  "use strict";

  function suggest(name, field) {
    const longest = Number(field.getAttribute("maxlength"));
    const words = name
      .normalize("NFKD")
      .replace(/[^\x00-\x7f]/g, "")
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .replace(/[-\s]+/g, "_")
      .replace(/^[_\d]+/, "");
    const suggestion = words.slice(0, longest).replace(/_+$/, "");
    const taken =
      JSON.parse(field.dataset.reserved).includes(suggestion) ||
      JSON.parse(field.dataset.reservedPrefixes).some((prefix) => suggestion.startsWith(prefix));
    return taken ? ("client_" + suggestion).slice(0, longest) : suggestion;
  }

  document.addEventListener("DOMContentLoaded", function () {
    const field = document.querySelector("input[data-suggest-from]");
    const source = field && document.getElementById(field.dataset.suggestFrom);
    if (!source) {
      return;
    }
    let last = suggest(source.value, field);
    source.addEventListener("input", function () {
      const untouched = field.value === "" || field.value === last;
      last = suggest(source.value, field);
      if (untouched) {
        field.value = last;
      }
    });
  });
})();

// Suggests tags that other clients have for the one that is being typed, after the last comma.
(function () {
  "use strict";

  function offer(field, list, known) {
    const comma = field.value.lastIndexOf(",");
    const before = comma < 0 ? "" : field.value.slice(0, comma + 1) + " ";
    const given = new Set(field.value.split(",").map((tag) => tag.trim().toLowerCase()));
    list.replaceChildren(
      ...known
        .filter((tag) => !given.has(tag))
        .map(function (tag) {
          const option = document.createElement("option");
          option.value = before + tag;
          option.label = tag;
          return option;
        }),
    );
  }

  document.addEventListener("DOMContentLoaded", function () {
    const field = document.querySelector("input[data-known-tags]");
    if (!field) {
      return;
    }
    const known = JSON.parse(field.dataset.knownTags);
    const list = document.createElement("datalist");
    list.id = "known-tags";
    field.after(list);
    field.setAttribute("list", list.id);
    const update = () => offer(field, list, known);
    field.addEventListener("input", update);
    field.addEventListener("focus", update);
    update();
  });
})();
