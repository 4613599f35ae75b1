#include "dmf/onnx/graph.h"

#include "dmf/core/version.h"

namespace dmf::onnx {
namespace {

// Numbers of the fields in onnx.proto3 (ONNX 1.12, IR version 8).
namespace field {
constexpr int kModelIrVersion = 1, kModelProducer = 2, kModelProducerVersion = 3, kModelGraph = 7,
              kModelOperatorSet = 8, kModelMetadata = 14;
constexpr int kSetDomain = 1, kSetVersion = 2;
constexpr int kGraphNode = 1, kGraphName = 2, kGraphConstant = 5, kGraphInput = 11, kGraphOutput = 12;
constexpr int kNodeInput = 1, kNodeOutput = 2, kNodeName = 3, kNodeOperation = 4, kNodeAttribute = 5;
constexpr int kAttributeName = 1, kAttributeReal = 2, kAttributeInt = 3, kAttributeInts = 8,
              kAttributeType = 20;
constexpr int kTensorSizes = 1, kTensorType = 2, kTensorName = 8, kTensorRaw = 9;
constexpr int kValueName = 1, kValueType = 2, kTypeTensor = 1, kTensorTypeElement = 1, kTensorTypeShape = 2,
              kShapeAxis = 1, kAxisSize = 1, kAxisName = 2;
constexpr int kEntryKey = 1, kEntryValue = 2;
}  // namespace field

constexpr int64_t kIrVersion = 8;
enum AttributeType : int64_t { kReal = 1, kInt = 2, kInts = 7 };

Message attribute_message(const std::string& name, const Attribute& attribute) {
  Message message;
  message.text(field::kAttributeName, name);
  if (attribute.is_real) {
    message.real(field::kAttributeReal, attribute.real);
    message.integer(field::kAttributeType, AttributeType::kReal);
  } else if (attribute.is_list) {
    for (const int64_t value : attribute.ints) message.integer(field::kAttributeInts, value);
    message.integer(field::kAttributeType, AttributeType::kInts);
  } else {
    message.integer(field::kAttributeInt, attribute.ints[0]);
    message.integer(field::kAttributeType, AttributeType::kInt);
  }
  return message;
}

Message value_message(const std::string& name, ElementType type, const std::vector<Axis>& axes) {
  Message shape;
  for (const Axis& each : axes) {
    Message axis;
    if (each.name.empty()) {
      axis.integer(field::kAxisSize, each.size);
    } else {
      axis.text(field::kAxisName, each.name);
    }
    shape.message(field::kShapeAxis, axis);
  }
  Message tensor;
  tensor.integer(field::kTensorTypeElement, static_cast<int64_t>(type));
  tensor.message(field::kTensorTypeShape, shape);
  Message type_message;
  type_message.message(field::kTypeTensor, tensor);
  Message value;
  value.text(field::kValueName, name);
  value.message(field::kValueType, type_message);
  return value;
}

}  // namespace

std::string Graph::input(const std::string& name, ElementType type, const std::vector<Axis>& axes) {
  graph_.message(field::kGraphInput, value_message(name, type, axes));
  return name;
}

void Graph::output(const std::string& name, const std::string& value, const std::vector<Axis>& axes) {
  Message node;
  node.text(field::kNodeInput, value);
  node.text(field::kNodeOutput, name);
  node.text(field::kNodeName, name);
  node.text(field::kNodeOperation, "Identity");
  graph_.message(field::kGraphNode, node);
  graph_.message(field::kGraphOutput, value_message(name, ElementType::kFloat32, axes));
}

std::string Graph::node(const std::string& operation, const std::vector<std::string>& inputs,
                        const Attributes& attributes) {
  const std::string name = new_name(operation);
  Message node;
  for (const std::string& input : inputs) node.text(field::kNodeInput, input);
  node.text(field::kNodeOutput, name);
  node.text(field::kNodeName, name);
  node.text(field::kNodeOperation, operation);
  for (const auto& [key, value] : attributes)
    node.message(field::kNodeAttribute, attribute_message(key, value));
  graph_.message(field::kGraphNode, node);
  return name;
}

std::string Graph::add_constant(ElementType type, const std::vector<int64_t>& sizes, std::string_view raw) {
  const std::string name = new_name("constant");
  Message tensor;
  for (const int64_t size : sizes) tensor.integer(field::kTensorSizes, size);
  tensor.integer(field::kTensorType, static_cast<int64_t>(type));
  tensor.text(field::kTensorName, name);
  tensor.text(field::kTensorRaw, raw);
  graph_.message(field::kGraphConstant, tensor);
  return name;
}

std::string Graph::bytes(const std::map<std::string, std::string>& metadata) const {
  Message graph = graph_;
  graph.text(field::kGraphName, name_);
  Message operators;
  operators.text(field::kSetDomain, "");
  operators.integer(field::kSetVersion, kOperatorSet);
  Message model;
  model.integer(field::kModelIrVersion, kIrVersion);
  model.text(field::kModelProducer, "dmf");
  model.text(field::kModelProducerVersion, version());
  model.message(field::kModelGraph, graph);
  model.message(field::kModelOperatorSet, operators);
  for (const auto& [key, value] : metadata) {
    Message entry;
    entry.text(field::kEntryKey, key);
    entry.text(field::kEntryValue, value);
    model.message(field::kModelMetadata, entry);
  }
  return model.bytes();
}

}  // namespace dmf::onnx
