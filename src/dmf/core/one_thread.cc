#include "dmf/core/one_thread.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>

namespace dmf {

void use_one_thread_here() {
  at::get_num_threads();  // libtorch sets each thread's number at its first use: not after us
  // libtorch brings its own OpenMP, which we do not link with, hence the look-up; at::set_num_threads would
  // change the other threads too.
  using SetNumThreads = void (*)(int);
  if (auto* set = reinterpret_cast<SetNumThreads>(::dlsym(RTLD_DEFAULT, "omp_set_num_threads"))) set(1);
}

}  // namespace dmf
