// The upload: says at once what is too big, and how much of the file has gone; without it the form is sent as any other.
(() => {
  "use strict";
  const formulario = document.querySelector("[data-subida]");
  if (!formulario) return;
  const avance = formulario.querySelector("[data-avance]");
  const barra = avance.querySelector("progress");
  const dice = avance.querySelector("[role=status]");
  const boton = formulario.querySelector("button[type=submit]");
  const entrada = formulario.querySelector("input[type=file]");
  const peso = () => [...entrada.files].reduce((suma, archivo) => suma + archivo.size, 0);

  entrada.addEventListener("change", () => {
    entrada.setCustomValidity(peso() > Number(formulario.dataset.maximo) ? formulario.dataset.muyGrande : "");
    entrada.reportValidity();
  });

  formulario.addEventListener("submit", (evento) => {
    evento.preventDefault();
    if (boton.disabled) return;
    boton.disabled = true;
    avance.hidden = false;
    const pedido = new XMLHttpRequest();
    pedido.open("POST", formulario.action);
    pedido.responseType = "document";
    pedido.upload.addEventListener("progress", ({ loaded, total }) => {
      barra.value = total ? (100 * loaded) / total : 0;
      dice.textContent = `${formulario.dataset.subiendo} ${Math.round(barra.value)} %`;
    });
    pedido.addEventListener("load", () => {
      // After a redirect the answer is the import's own page: go there; else it is this page with its errors.
      if (pedido.responseURL !== formulario.action) return location.assign(pedido.responseURL);
      const nuevo = pedido.response?.querySelector("[data-subida]");
      if (!nuevo) return fallar();
      for (const [clave, uno] of [...nuevo.querySelectorAll(".campo")].entries()) {
        const viejo = formulario.querySelectorAll(".campo")[clave];
        for (const error of viejo.querySelectorAll("[role=alert]")) error.remove();
        viejo.append(...uno.querySelectorAll("[role=alert]"));
      }
      formulario.querySelector("[role=alert]")?.closest("details")?.setAttribute("open", "");
      listo("");
    });
    pedido.addEventListener("error", fallar);
    pedido.send(new FormData(formulario));
  });

  function listo(texto) {
    boton.disabled = false;
    dice.textContent = texto;
    barra.hidden = Boolean(texto);
    avance.hidden = !texto;
  }
  function fallar() {
    listo(formulario.dataset.fallo);
  }
  window.addEventListener("pageshow", () => listo(""));
})();
