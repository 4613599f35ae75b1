# Compiler settings shared by every target: warnings, ccache, a fast linker, sanitizers.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
# What calls libtorch needs no more than -O1: libtorch does the arithmetic, and its headers' templates cost a third more
# time to compile at -O2. What computes itself says so (dmf_computes).
set(CMAKE_CXX_FLAGS_RELEASE "-O1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
set(DMF_TEST_OPTIONS -O0)  # what tests are compiled with beyond that
find_program(DMF_CCACHE ccache)
if(DMF_CCACHE)
  # The precompiled header is found again only when its macros and times are left out of the comparison.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${DMF_CCACHE})
endif()
find_program(DMF_LLD ld.lld)
if(DMF_LLD)
  add_link_options(-fuse-ld=lld)
endif()
# Options structs are filled by designated initialisers; the fields that are not named keep their defaults.
add_compile_options(-Wall -Wextra -Wno-missing-field-initializers -fpch-preprocess -fno-math-errno)
# The compiler's garbage collection takes a tenth of its time with libtorch's headers; without it a file takes 1 GB, as with it.
add_compile_options("$<$<CXX_COMPILER_ID:GNU>:SHELL:--param ggc-min-expand=400 --param ggc-min-heapsize=1000000>")
if(DMF_WERROR)
  add_compile_options(-Werror)
endif()
if(DMF_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
