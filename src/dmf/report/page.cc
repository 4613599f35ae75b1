#include "dmf/report/page.h"

#include <fmt/format.h>

#include "dmf/report/page_style.h"

namespace dmf::report {
namespace {

Html tiles(const std::vector<Tile>& tiles) {
  Html all;
  for (const Tile& tile : tiles) {
    all += element("div", {{"class", "tile"}},
                   element("div", {{"class", "name"}}, tile.name) +
                       element("div", {{"class", "value"}}, tile.value) +
                       element("div", {{"class", "note"}}, tile.note));
  }
  return all.is_empty() ? all : element("div", {{"class", "tiles"}}, all);
}

Html contents(const std::vector<PagePart>& parts) {
  Html links;
  for (const PagePart& part : parts) links += element("a", {{"href", "#" + part.id}}, part.title);
  return element("nav", links);
}

Html origin(const PagePart& part) {
  Html lines;
  if (!part.command.empty()) lines += element("div", Html("Made again by ") + element("code", part.command));
  if (!part.files.empty()) {
    Html names;
    for (const std::string& file : part.files)
      names += (names.is_empty() ? Html() : Html(", ")) + element("code", file);
    lines += element("div", Html("Also as ") + names);
  }
  return lines.is_empty() ? lines : element("div", {{"class", "origin"}}, lines);
}

Html section(const PagePart& part) {
  const Html lead = part.lead.is_empty() ? Html() : element("p", {{"class", "lead"}}, part.lead);
  return element("section", {{"id", part.id}}, element("h2", part.title) + lead + part.body + origin(part));
}

}  // namespace

std::string html(const Page& page) {
  Html sections;
  for (const PagePart& part : page.parts) sections += section(part);
  const Html header =
      element("header", element("h1", page.title) + element("p", page.subtitle) + tiles(page.tiles));
  const Html body =
      header + contents(page.parts) + element("main", sections) + element("footer", page.footer);
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
      "style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}\n</body>\n</html>\n",
      Html(page.title).markup(), kPageStyle, body.markup());
}

Html image_row(const std::vector<RowImage>& images, int64_t columns) {
  Html cells;
  for (const RowImage& image : images) {
    const bool is_right = image.frame == RowImage::Frame::kRight,
               is_wrong = image.frame == RowImage::Frame::kWrong;
    const Html sign = is_right ? "✓ " : is_wrong ? "✗ " : "";
    const char* look = is_right ? "right" : is_wrong ? "wrong" : "plain";
    cells += element("figure", {{"class", look}},
                     element("div", {{"class", "rank"}}, image.heading) + image.picture +
                         element("figcaption", sign + Html(image.label)));
  }
  return element("div", {{"class", "row"}, {"style", fmt::format("--columns:{}", columns)}}, cells);
}

Html note(const Html& text) { return element("p", {{"class", "note"}}, text); }

}  // namespace dmf::report
