# The same loops for three kinds of processor; which are used is decided when the program runs (tile_kernel.cc).
# No call passes such a vector: all is inlined, so how one would be passed (-Wpsabi) does not matter.
function(dmf_kernel_flags isa)
  set_property(SOURCE ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/tile_kernel_${isa}.cc APPEND PROPERTY
    COMPILE_OPTIONS -O3 -ffp-contract=fast -Wno-psabi ${ARGN})
endfunction()
dmf_kernel_flags(generic)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  dmf_kernel_flags(v3 -march=x86-64-v3)
  dmf_kernel_flags(v4 -march=x86-64-v4)
else()
  dmf_kernel_flags(v3)
  dmf_kernel_flags(v4)
endif()
