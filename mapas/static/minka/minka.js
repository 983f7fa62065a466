// Loaded in the head, before the page is drawn: what follows may then rely on the class `js`.
document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  const menu = document.querySelector("[data-menu]");
  menu?.addEventListener("click", () => {
    const abierto = menu.getAttribute("aria-expanded") === "true";
    menu.setAttribute("aria-expanded", String(!abierto));
  });

  // Drop-downs are <details>: they work without this, which only closes them as people expect.
  const desplegables = () => document.querySelectorAll("details.desplegable[open]");
  document.addEventListener("click", (evento) => {
    for (const uno of desplegables()) if (!uno.contains(evento.target)) uno.open = false;
  });
  document.addEventListener("keydown", (evento) => {
    if (evento.key !== "Escape") return;
    for (const uno of desplegables()) {
      uno.open = false;
      uno.querySelector("summary").focus();
    }
    if (menu?.getAttribute("aria-expanded") === "true") {
      menu.setAttribute("aria-expanded", "false");
      menu.focus();
    }
  });

  // Bars whose lengths the page gives as figures: an attribute `style` is refused by our security policy.
  for (const uno of document.querySelectorAll("[data-crece]")) uno.style.flexGrow = uno.dataset.crece;

  // A filter that changes sends its form; the button stays for those who prefer it, and for no script.
  for (const campo of document.querySelectorAll("[data-enviar]")) {
    campo.addEventListener("change", () => campo.form.requestSubmit());
  }

  for (const todas of document.querySelectorAll("[data-elegir-todas]")) {
    const filas = () => document.querySelectorAll(`input[name="elegida"][form="${todas.dataset.elegirTodas}"]`);
    todas.addEventListener("change", () => {
      for (const fila of filas()) fila.checked = todas.checked;
    });
  }

  for (const boton of document.querySelectorAll("[data-posicion]")) {
    const aviso = document.querySelector(boton.dataset.aviso);
    boton.hidden = !("geolocation" in navigator);
    boton.addEventListener("click", () => {
      aviso.textContent = boton.dataset.buscando;
      boton.disabled = true;
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          const destino = new URL(boton.dataset.posicion, location.href);
          destino.searchParams.set("lat", coords.latitude.toFixed(6));
          destino.searchParams.set("lon", coords.longitude.toFixed(6));
          location.assign(destino);
        },
        () => {
          aviso.textContent = boton.dataset.fallo;
          boton.disabled = false;
        },
        { timeout: 15000, maximumAge: 60000, enableHighAccuracy: true },
      );
    });
  }
});

// Coming back with the "back" button shows the page as it was left: with the button still off.
window.addEventListener("pageshow", () => {
  for (const boton of document.querySelectorAll("[data-posicion]")) boton.disabled = false;
});
