# One module = one folder = one static library = one namespace.
#
#   dmf_module(loss
#     SOURCES identity.cc triplet.cc      files that use tensors (they get the precompiled header; with DMF_UNITY ten of
#                                         them are compiled as one)
#     PLAIN   names.cc names_test.cc      files, tests among them, that do not: without it they compile in seconds
#     PLAIN_ALONE                         compile those each alone also with DMF_UNITY: they have flags or names of their own
#     DEPENDS core                        the only place where a dependency between modules is written
#     LINKS   OpenSSL::Crypto)            third parties, private
#
# Tests are every *_test.cc of the folder; with DMF_UNITY ten of them are compiled as one, tensors or not. The test layers/<module> fails when a file includes a module that is not
# in DEPENDS (and the modules those depend on are not inherited: say what you include).

# Compiles `target` so that a shared library can be made of it, and so that where the tree lies does not show.
function(dmf_shareable target)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE -fno-semantic-interposition
    -ffile-prefix-map=${PROJECT_SOURCE_DIR}/= -ffile-prefix-map=${PROJECT_BINARY_DIR}/=)
endfunction()

# Gives `target` the shared precompiled header of libtorch.
function(dmf_use_pch target)
  target_precompile_headers(${target} REUSE_FROM dmf_pch)
endfunction()

# Gives a target of tests their precompiled header: libtorch's and GoogleTest's. Tests are not optimised: what they
# call is, and without it they compile in half the time.
function(dmf_use_test_pch target)
  target_compile_options(${target} PRIVATE ${DMF_TEST_OPTIONS})
  target_precompile_headers(${target} REUSE_FROM dmf_test_pch)
  dmf_use_unity(${target})
endfunction()

# With DMF_UNITY, compiles ten files of `target` as one.
function(dmf_use_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${DMF_UNITY} UNITY_BUILD_BATCH_SIZE 10)
endfunction()

# Marks files of the calling folder that compute something themselves in a module that mostly calls libtorch. A module
# without tensors (PLAIN alone) computes as a whole and need not say so.
function(dmf_computes)
  set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_OPTIONS -O2)
endfunction()

function(dmf_module module)
  cmake_parse_arguments(PARSE_ARGV 1 arg "PLAIN_ALONE" "" "SOURCES;PLAIN;DEPENDS;LINKS")
  set(plain ${arg_PLAIN})
  list(FILTER plain EXCLUDE REGEX "_test.cc$")
  add_library(dmf_${module} STATIC ${arg_SOURCES} ${plain})
  add_library(dmf::${module} ALIAS dmf_${module})
  target_include_directories(dmf_${module} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  list(TRANSFORM arg_DEPENDS PREPEND dmf:: OUTPUT_VARIABLE depends)
  target_link_libraries(dmf_${module} PUBLIC ${depends} Libtorch::torch PRIVATE ${arg_LINKS})
  set_source_files_properties(${arg_PLAIN} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  if(NOT arg_SOURCES)
    target_compile_options(dmf_${module} PRIVATE -O2)
  endif()
  if(arg_PLAIN_ALONE)
    set_source_files_properties(${plain} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
  dmf_shareable(dmf_${module})
  dmf_use_unity(dmf_${module})
  dmf_use_pch(dmf_${module})
  if(NOT DMF_TESTS)
    return()
  endif()
  add_test(NAME layers/${module} COMMAND ${CMAKE_COMMAND} -DDIR=${CMAKE_CURRENT_SOURCE_DIR} -DMODULE=${module}
    "-DALLOWED=${arg_DEPENDS}" -P ${PROJECT_SOURCE_DIR}/cmake/check_layers.cmake)
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)
  if(tests)
    add_executable(dmf_${module}_tests ${tests})
    target_link_libraries(dmf_${module}_tests PRIVATE dmf::${module} dmf_test_support)
    dmf_use_test_pch(dmf_${module}_tests)
    add_test(NAME unit/${module} COMMAND dmf_${module}_tests WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(unit/${module} PROPERTIES LABELS unit ENVIRONMENT "OMP_WAIT_POLICY=passive;GOMP_SPINCOUNT=0")
  endif()
endfunction()
