// The steps beside the text: what is dirty is saved before a step is taken, and steps follow the saved version.

const PARTS = ["[data-article-state]", "[data-panel=review]", "[data-revisions]", "[data-others-saved] [data-others-compare]"];

export function startSteps(side, saver) {
  let stage = null;

  side.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.method !== "post" || !form.elements.version || !saver.isDirty()) return;
    event.preventDefault();
    if (await saver.save("save")) {
      setVersion(saver.version());
      form.requestSubmit(event.submitter);
    }
  });

  function setVersion(version) {
    for (const input of side.querySelectorAll("form input[name=version]")) input.value = version;
  }

  // The steps that are open may have changed: an approval ends with the text it was given to.
  async function refresh(url) {
    const answer = await fetch(url);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const selector of PARTS) {
      const [old, fresh] = [document.querySelector(selector), page.querySelector(selector)];
      if (!old || !fresh) continue;
      if (old.open) fresh.open = true;
      if (!old.contains(document.activeElement)) old.replaceWith(document.adoptNode(fresh));
    }
  }

  return {
    saved(answer) {
      setVersion(answer.version);
      const next = `${answer.id} ${answer.state}`;
      if (stage !== next) refresh(answer.editor_url).catch(() => {});
      stage = next;
    },
  };
}
