# Imported target Libtorch::torch from the folder of a torch wheel.
# The wheel's own TorchConfig looks for a GPU at configure time and for all of CUDA at link time; a machine without
# either needs only torch_cpu and c10, so they are named here.
#
# Input:  DMF_LIBTORCH  the folder that holds include/ and lib/
#         DMF_CUDA      also link torch_cuda
foreach(name c10 torch_cpu torch)
  find_library(Libtorch_${name} ${name} PATHS ${DMF_LIBTORCH}/lib NO_DEFAULT_PATH)
  mark_as_advanced(Libtorch_${name})
endforeach()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libtorch REQUIRED_VARS Libtorch_c10 Libtorch_torch_cpu Libtorch_torch
  REASON_FAILURE_MESSAGE "No libtorch in DMF_LIBTORCH=${DMF_LIBTORCH}. './dmf setup' installs it.")

if(Libtorch_FOUND AND NOT TARGET Libtorch::torch)
  add_library(Libtorch::torch INTERFACE IMPORTED)
  # The wheel carries an fmt of its own that would hide the system's, which spdlog is built with: put the system's first.
  find_path(Libtorch_FMT fmt/format.h PATHS /usr/include REQUIRED NO_DEFAULT_PATH)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/include)
  file(CREATE_LINK ${Libtorch_FMT}/fmt ${PROJECT_BINARY_DIR}/include/fmt SYMBOLIC)
  target_include_directories(Libtorch::torch SYSTEM INTERFACE ${PROJECT_BINARY_DIR}/include ${DMF_LIBTORCH}/include ${DMF_LIBTORCH}/include/torch/csrc/api/include)
  # The wheel's libraries find their own runtime libraries by RPATH; the linker need not follow them.
  target_link_options(Libtorch::torch INTERFACE -Wl,--allow-shlib-undefined)
  target_link_libraries(Libtorch::torch INTERFACE ${Libtorch_torch_cpu} ${Libtorch_c10} pthread)
  # at::parallel_for is a template: where its caller is compiled without OpenMP, it runs on one thread. The runtime
  # is the wheel's own.
  target_compile_options(Libtorch::torch INTERFACE -fopenmp)
  target_link_libraries(Libtorch::torch INTERFACE ${DMF_LIBTORCH}/lib/libgomp.so.1)
  if(DMF_CUDA)
    # Nothing refers to torch_cuda by name: its kernels register themselves when it is loaded.
    target_link_libraries(Libtorch::torch INTERFACE
      -Wl,--no-as-needed ${DMF_LIBTORCH}/lib/libtorch_cuda.so ${DMF_LIBTORCH}/lib/libc10_cuda.so
      ${Libtorch_torch} -Wl,--as-needed)
  endif()
endif()
