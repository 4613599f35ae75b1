# Imported targets opencv_COMPONENT from Debian's small development packages (libopencv-core-dev, …). OpenCV's own CMake
# files are only in libopencv-dev, which would bring 600 MB of what is not used here.
find_path(OpenCV_INCLUDE opencv2/core.hpp PATH_SUFFIXES opencv4)
set(libraries)
foreach(component IN LISTS OpenCV_FIND_COMPONENTS)
  find_library(OpenCV_${component} opencv_${component})
  list(APPEND libraries OpenCV_${component})
endforeach()
mark_as_advanced(OpenCV_INCLUDE ${libraries})
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCV REQUIRED_VARS OpenCV_INCLUDE ${libraries})

foreach(component IN LISTS OpenCV_FIND_COMPONENTS)
  if(OpenCV_FOUND AND NOT TARGET opencv_${component})
    add_library(opencv_${component} UNKNOWN IMPORTED)
    set_target_properties(opencv_${component} PROPERTIES
      IMPORTED_LOCATION "${OpenCV_${component}}"
      INTERFACE_INCLUDE_DIRECTORIES "${OpenCV_INCLUDE}")
  endif()
endforeach()
