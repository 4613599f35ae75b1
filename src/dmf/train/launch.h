#pragma once
#include <cstdint>
#include <functional>
#include <string>

namespace dmf::train {

/// This process's place among those that train together, and where they meet.
struct Launch {
  int64_t rank = 0;      ///< 0 … size - 1
  int64_t size = 1;      ///< processes of the training; 1 = this one alone
  std::string host{};    ///< of rank 0
  int64_t port = 29500;  ///< that rank 0 listens at

  bool is_alone() const { return size == 1; }
};

/// Reads it from the variables that launchers set, the first of these that are there:
///   torchrun  RANK, WORLD_SIZE
///   mpirun    OMPI_COMM_WORLD_RANK, OMPI_COMM_WORLD_SIZE (Open MPI); PMI_RANK, PMI_SIZE (MPICH)
///   srun      SLURM_PROCID, SLURM_STEP_NUM_TASKS
/// Rank 0 is at MASTER_ADDR and MASTER_PORT. Where they are not set: on the first host of
/// SLURM_STEP_NODELIST, or on this one where the launcher tells that all processes are
/// (OMPI_COMM_WORLD_LOCAL_SIZE, MPI_LOCALNRANKS); at a port that hangs on SLURM_JOB_ID, or at 29500.
/// @param variable  value of an environment variable, empty where it is not set
/// @throws InvalidArgument  a value that is no number or out of range; a host that nothing tells
Launch launch_from(const std::function<std::string(const char* name)>& variable);

/// The same from this process's environment.
Launch launch_from_environment();

/// First host of a Slurm list: "gpu[03-05,9],login" → "gpu03".
std::string first_host(const std::string& list);

}  // namespace dmf::train
