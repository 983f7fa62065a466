// On every page of who is signed in: leaving with something unsent says so first. Asks nothing where nothing was kept.
const salir = document.querySelector("form[data-salir]");
// Opening it would make it: browsers that can't tell which there are, ask.
let hayAlgo = Boolean(salir && "indexedDB" in window && !indexedDB.databases);
if (salir && indexedDB?.databases) indexedDB.databases().then((bases) => { hayAlgo = bases.some(({ name }) => name === "minka-captura"); }, () => {});

salir?.addEventListener("submit", async (evento) => {
  if (!hayAlgo || salir.dataset.dicho) return;
  evento.preventDefault();
  try {
    const { todos } = await import("./almacen.js");
    const sinEnviar = (await todos("borradores")).filter((b) => String(b.de) === salir.dataset.salir && b.estado !== "enviada").length;
    if (sinEnviar && !window.confirm(salir.dataset.pendientes.replace("{n}", sinEnviar))) return;
    // The page as it was kept names who leaves: the next one begins with her own.
    await window.caches?.delete("minka-pagina");
  } catch {
    // What can't be read is no reason to keep anybody in.
  }
  salir.dataset.dicho = "si";
  salir.requestSubmit();
});
