// Copies the link of a new invitation; where the browser can't, it is selected to be copied by hand.
const enlace = document.querySelector("[data-enlace]");
const boton = document.querySelector("[data-copiar]");
if (enlace) enlace.addEventListener("focus", () => enlace.select());
if (enlace && boton && navigator.clipboard) {
  boton.hidden = false;
  boton.addEventListener("click", async () => {
    await navigator.clipboard.writeText(enlace.value);
    boton.textContent = boton.dataset.copiado;
  });
}
