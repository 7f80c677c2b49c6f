const form = document.querySelector('form');
if (form) {
  const rows = [...document.querySelectorAll('#access tbody tr')];
  const shown = document.querySelector('#shown');
  const filter = () => {
    const words = form.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const fits = ['change', 'level', 'stage'].every(key => !form[key].value || row.dataset[key] === form[key].value);
      const text = row.textContent.toLowerCase();
      row.hidden = !(fits && words.every(word => text.includes(word)));
      count += !row.hidden;
    }
    shown.textContent = `${count} of ${rows.length}`;
  };
  form.addEventListener('input', filter);
  form.addEventListener('submit', event => event.preventDefault());
  filter();
}
