#pragma once
#include <cstdint>

/// The library for other languages: numbers in and out, options and facts as JSON. The Python module dmf stands
/// on it.
///
/// Every function answers with a JSON object in UTF-8, which dmf_free() takes back: {"error": "…", "kind":
/// "InvalidArgument" | "DataError" | "DeviceError" | "Error"} where it failed, and null when there is no memory
/// left. Models and galleries may be used from any number of threads: calls for one of them take turns.
extern "C" {

struct dmf_model;
struct dmf_gallery;

/// A picture in memory: height * width * 3 bytes, red green blue, row by row.
struct dmf_picture {
  const uint8_t* rgb;
  int64_t height, width;
};

/// @param options  {"device": …, "precision": …, "batch": …, "flip": …}, all may be missing (embed_options.h)
/// @return         {"width": D, "reads_text": true, "identity": "…", "setting": "cpu, bfloat16"}
char* dmf_model_load(const char* file, const char* options, dmf_model** model);
void dmf_model_free(dmf_model* model);

/// @param vectors  gets count * D numbers
/// @return         {}
char* dmf_model_embed_files(const dmf_model* model, const char* const* files, int64_t count, float* vectors);
char* dmf_model_embed_pictures(const dmf_model* model, const dmf_picture* pictures, int64_t count,
                               float* vectors);
char* dmf_model_embed_texts(const dmf_model* model, const char* const* sentences, int64_t count,
                            float* vectors);

/// @param kind  {} opens the gallery that is there; {"model": identity, "width": D, "model_file": …, "flip": …}
///   makes it where there is none, and refuses one that holds other vectors
/// @return      as dmf_gallery_facts()
char* dmf_gallery_open(const char* folder, const char* kind, dmf_gallery** gallery);
void dmf_gallery_free(dmf_gallery* gallery);

/// {"model": identity, "width": D, "count": crops, "cameras": {name: crops}, "tags": {name: crops}}
char* dmf_gallery_facts(dmf_gallery* gallery);

/// Adds crops; one with the source of another takes its place.
/// @param crops  an array of {"source", "camera", "time" (milliseconds since 1970), "identity", "tags"}, all of
///   which may be missing
/// @return       {"ids": […]}
char* dmf_gallery_add(dmf_gallery* gallery, const float* vectors, int64_t count, int64_t width,
                      const char* crops);

/// @param filter  {"ids", "sources", "cameras", "identities", "tags": arrays, "from", "before": milliseconds}:
///   what fulfils all that is given; not empty
/// @return        {"removed": n}
char* dmf_gallery_remove(dmf_gallery* gallery, const char* filter);

/// The `top` nearest crops of each query, exactly.
/// @param filter  as above; {}: among all
/// @return        {"hits": [[{"id", "similarity", "source", "camera", "time", "identity", "tags"}, …], …]}
char* dmf_gallery_search(dmf_gallery* gallery, const float* queries, int64_t count, int64_t width,
                         int64_t top, const char* filter);

void dmf_free(char* answer);
}
