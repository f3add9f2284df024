// The transform function as the usual example has it: for each event one PutItem and one UpdateItem, one after the other.
// Nothing keeps it from counting twice what is delivered twice.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";

const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export const handler = async (event) => {
  for (const record of event.Records) {
    const data = JSON.parse(Buffer.from(record.kinesis.data, "base64").toString());
    await client.send(
      new PutCommand({
        TableName: process.env.EVENTS_TABLE,
        Item: { ...data, processedAt: new Date().toISOString() },
      }),
    );
    const hour = new Date(data.timestamp);
    hour.setMinutes(0, 0, 0);
    await client.send(
      new UpdateCommand({
        TableName: process.env.AGGREGATES_TABLE,
        Key: {
          partitionKey: `${data.eventType}#${hour.toISOString()}`,
          sortKey: data.userId ?? "global",
        },
        UpdateExpression: "ADD eventCount :one SET lastUpdated = :now",
        ExpressionAttributeValues: { ":one": 1, ":now": new Date().toISOString() },
      }),
    );
  }
  return { batchItemFailures: [] };
};
