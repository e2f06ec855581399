// On a narrow screen the timeline scrolls sideways: begin where today is.
for (const region of document.querySelectorAll('.wv-timeline-scroll')) {
  const today = region.querySelector('.wv-today');
  if (today) {
    const offset = today.getBoundingClientRect().left - region.getBoundingClientRect().left;
    region.scrollLeft += offset - region.clientWidth / 2;
  }
}
