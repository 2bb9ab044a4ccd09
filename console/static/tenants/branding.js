// Keeps the sample of a client's pages up to date while its name, colour and logo are changed.
// The shades of a colour come from the server, which makes them for the client's pages too.
(function () {
  "use strict";

  const LARGEST_FILE = 1024 * 1024;
  const TYPES = ["image/png", "image/jpeg", "image/webp"];

  // As the server does: one or two letters that stand for a name.
  function monogram(name) {
    const words = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
    return words.slice(0, 2).map((word) => Array.from(word)[0]).join("").toUpperCase() || "?";
  }

  function colourIn(text) {
    const digits = text.trim().toLowerCase().replace(/^#/, "");
    if (/^[0-9a-f]{3}$/.test(digits)) {
      return "#" + Array.from(digits).map((digit) => digit + digit).join("");
    }
    return /^[0-9a-f]{6}$/.test(digits) ? "#" + digits : "";
  }

  function start(sample) {
    const all = (name) => Array.from(sample.querySelectorAll("[data-branding-" + name + "]"));
    const note = all("note")[0];
    const stored = all("logo")[0].getAttribute("src") || "";

    function paint(shades) {
      sample.style.setProperty("--branding-button", shades.button);
      sample.style.setProperty("--branding-link-light", shades.link_light);
      sample.style.setProperty("--branding-link-dark", shades.link_dark);
    }

    function showLogo(source) {
      all("logo").forEach(function (image) {
        image.hidden = !source;
        if (source) {
          image.src = source;
        } else {
          image.removeAttribute("src");
        }
        image.parentElement.classList.toggle("has-logo", Boolean(source));
      });
      all("monogram").forEach((letters) => (letters.hidden = Boolean(source)));
    }

    const data = sample.dataset;
    paint({ button: data.button, link_light: data.linkLight, link_dark: data.linkDark });
    showLogo(stored);

    const name = document.getElementById("id_name");
    if (name) {
      name.addEventListener("input", function () {
        all("name").forEach((place) => (place.textContent = name.value.trim() || place.dataset.empty));
        all("monogram").forEach((place) => (place.textContent = monogram(name.value)));
      });
    }
    const colour = document.getElementById("id_colour");
    if (colour) {
      followColour(colour, document.querySelector("[data-branding-picker]"), function (shades) {
        paint(shades);
        note.textContent = shades.note;
      }, data.shadesUrl);
    }
    const file = document.getElementById("id_logo");
    if (file) {
      // Keeps the theme's script away, which looks for a field beside it that is not there.
      file.hasChangeListener = true;
      followFile(file, stored, showLogo);
    }
  }

  function followColour(field, picker, show, url) {
    let timer = 0;
    let asked = "";

    function ask() {
      const colour = colourIn(field.value);
      if (!colour || colour === asked) {
        return;
      }
      asked = colour;
      clearTimeout(timer);
      timer = setTimeout(function () {
        fetch(url + "?colour=" + encodeURIComponent(colour), { credentials: "same-origin" })
          .then((response) => (response.ok ? response.json() : null))
          .then(function (shades) {
            // An older answer may come after a newer one.
            if (shades && shades.button && asked === colour) {
              show(shades);
            }
          })
          .catch(function () {
            asked = "";
          });
      }, 120);
    }

    picker.value = colourIn(field.value) || picker.value;
    field.addEventListener("input", function () {
      picker.value = colourIn(field.value) || picker.value;
      ask();
    });
    picker.addEventListener("input", function () {
      field.value = picker.value;
      field.dispatchEvent(new Event("change", { bubbles: true }));
      ask();
    });
  }

  function followFile(field, stored, show) {
    const error = document.querySelector("[data-branding-file-error]");
    const clear = document.querySelector("[data-branding-clear]");

    function shown() {
      return clear && clear.checked ? "" : stored;
    }

    field.addEventListener("change", function () {
      const file = field.files[0];
      const isWrongType = file && !TYPES.includes(file.type);
      const isLarge = file && file.size > LARGEST_FILE;
      error.textContent = isWrongType ? error.dataset.type : isLarge ? error.dataset.large : "";
      error.hidden = !error.textContent;
      if (!file || isWrongType || isLarge) {
        show(shown());
        return;
      }
      if (clear) {
        clear.checked = false;
      }
      const reader = new FileReader();
      reader.addEventListener("load", () => show(reader.result));
      reader.readAsDataURL(file);
    });
    if (clear) {
      clear.addEventListener("change", function () {
        if (clear.checked) {
          field.value = "";
          error.hidden = true;
        }
        show(shown());
      });
    }
  }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-branding-sample]").forEach(start);
  });
})();
